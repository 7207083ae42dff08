"""Rows of two databases whose clocks were not the same when they were written.

A value that hangs on now() differs between two runs, and by just as much as the runs lie apart. So two times count as
equal when they are equal, or when their difference lies between the smallest and the largest distance of any two
instants of the two runs; no other value is let through, and every column that needed it is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronlift.proof.differences import Difference
from cronlift.proof.readout import Relation, Row


@dataclass(frozen=True)
class Window:
    """The instants between which a run took place, by the server's clock."""

    start: datetime
    end: datetime


def equal_but_for_now(found: Difference, app: Window, job: Window) -> tuple[str, ...] | None:
    """The time columns that differ only by the distance of the two runs; None where anything else differs."""
    relation = found.relation
    places = [n for n, c in enumerate(relation.columns) if c in relation.times]
    left, right = _by_rest(found.only_app, places), _by_rest(found.only_job, places)
    if left.keys() != right.keys() or not places:
        return None
    used: set[str] = set()
    for rest, rows in left.items():
        others = right[rest]
        if len(rows) != len(others):
            return None
        for row, other in zip(sorted(rows, key=_order), sorted(others, key=_order), strict=True):
            for place, a, j in zip(places, row, other, strict=True):
                if a != j:
                    if not _apart_as_the_runs(a, j, app, job):
                        return None
                    used.add(relation.columns[place])
    return tuple(sorted(used))


def without_times(relation: Relation) -> tuple[str, ...]:
    """The columns to leave out where there are too many rows to look at each."""
    return relation.times


def _by_rest(rows: Sequence[Row], places: Sequence[int]) -> dict[Row, list[Row]]:
    groups: dict[Row, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(v for n, v in enumerate(row) if n not in places)].append(tuple(row[n] for n in places))
    return groups


def _order(row: Row) -> tuple[str, ...]:
    return tuple(value or "" for value in row)


def _apart_as_the_runs(a: str | None, j: str | None, app: Window, job: Window) -> bool:
    if a is None or j is None:
        return False
    try:
        distance = _instant(a) - _instant(j)
    except ValueError:
        return False  # infinity, or a year Python has no date for
    least, most = app.start - job.end, app.end - job.start
    if len(a) == len("2026-01-01"):  # a date: equal unless midnight fell between the runs
        days = {(x.date() - y.date()).days for x in (app.start, app.end) for y in (job.start, job.end)}
        return distance in {timedelta(days=d) for d in days}
    return least <= distance <= most


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
