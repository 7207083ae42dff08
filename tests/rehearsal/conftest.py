"""What the rehearsals of a handover share: the application with a real Oban, and a database furnished for it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
sys.path.insert(0, str(Path(__file__).parents[1] / "install"))
sys.path.insert(0, str(Path(__file__).parents[1] / "proof"))

import oban_python
import shop


@pytest.fixture(scope="session")
def oban():
    """A Python with Oban in it."""
    found = oban_python.python()
    if found is None:
        pytest.skip(oban_python.MISSING)
    return found


@pytest.fixture
def furnished(app_database, oban):
    """The application's database with Oban's tables and the log."""
    shop.furnish(app_database, oban)
    return app_database
