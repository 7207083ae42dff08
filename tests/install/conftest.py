"""The jobs and the small application that the tests of generate use serve here too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
