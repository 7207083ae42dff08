"""The shop of the tests of verify is a fixture here too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "verify"))

from shops import shop

__all__ = ["shop"]
