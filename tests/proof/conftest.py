"""The shop of the tests of verify is a fixture here too."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "verify"))

import oban_python
from shops import shop

__all__ = ["shop"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the mutation table, and where the real Oban could not run, that it did not."""
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, [])]
    for name, row in (p for report in reports for p in getattr(report, "user_properties", [])):
        if name == "mutation":
            job, kind, result, said = row
            terminalreporter.write_line(f"{job:<20} {kind:<42} {result:<8} {said[:80]}")
    skipped = terminalreporter.stats.get("skipped", [])
    if any(oban_python.MISSING in str(report.longrepr) for report in skipped):
        terminalreporter.write_line(f"NOT RUN: {oban_python.MISSING}", yellow=True)
