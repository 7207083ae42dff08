"""The table statement boundary → what is there after the blow → after running the command again, printed at the end."""

from __future__ import annotations

import pytest

TABLE = pytest.StashKey[list[tuple[str, ...]]]()


@pytest.fixture
def boundary_table(request):
    """Takes one line of the table boundary → state → re-run, which is printed when all tests are done."""
    rows = request.config.stash.setdefault(TABLE, [])

    def add(way, blow, database, boundary, state, after) -> None:
        place = f"{boundary.number:3} {boundary.moment:6} {boundary.database}"
        rows.append((way, blow, database, place, " ".join(boundary.text.split())[:60], state, after))

    return add


def pytest_terminal_summary(terminalreporter, config) -> None:
    """The table, one line per boundary; ``-q`` leaves the counts."""
    rows = config.stash.get(TABLE, [])
    if not rows:
        return
    terminalreporter.section("statement boundaries: what is there after the blow, and after running it again")
    if config.option.verbose >= 0:
        for way, blow, database, place, text, state, after in rows:
            terminalreporter.write_line(f"{way:8} {blow:16} {database:13} {place:28} {text:60} → {state:15} → {after}")
    counts = {}
    for way, blow, database, _, _, state, after in rows:
        counts[(way, blow, database, state, after)] = counts.get((way, blow, database, state, after), 0) + 1
    for (way, blow, database, state, after), number in sorted(counts.items()):
        terminalreporter.write_line(f"{number:4} boundaries: {way}, {blow}, {database}: {state}, then {after}")
