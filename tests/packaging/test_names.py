"""pytest imports the files of tests/ by bare names: of two with one name the second is never read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_no_two_files_of_tests_have_the_same_name() -> None:
    names = Counter(file.name for file in TESTS.rglob("*.py") if file.name not in ("conftest.py", "__init__.py"))
    assert [name for name, times in names.items() if times > 1] == []
