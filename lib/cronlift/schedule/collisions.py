"""Jobs that work on the same relation and start in the same minute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations

from cronlift.schedule import render
from cronlift.schedule.dialects import Fields
from cronlift.schedule.dialects.pg_cron import family
from cronlift.schedule.firings import FiringSet
from cronlift.schedule.timeline import Side, count, upcoming
from cronlift.schedule.zones import UTC_CLOCK

_YEARS = (2025, 2028)


@dataclass(frozen=True, slots=True)
class Collision:
    """Two jobs that share relations and minutes. ``times`` counts 2025–2028, ``first`` is the first shared
    minute.

    ``proposal`` moves ``move`` (the job that fires more rarely) by whole minutes to where it meets none of
    the jobs it shares relations with; None where there is no such minute.
    """

    jobs: tuple[str, str]
    relations: tuple[str, ...]
    times: int
    first: str
    move: str
    proposal: str | None

    def __str__(self) -> str:
        what = (
            f"{' and '.join(self.jobs)} both work on {', '.join(self.relations)} and start in one minute, "
            f"{self.times} times in 2025–2028, first {self.first}"
        )
        return f"{what}; give {self.move} the schedule {self.proposal!r}" if self.proposal else what


def collisions(jobs: Iterable[tuple[str, str, Iterable[str]]], version: str = "1.4") -> tuple[Collision, ...]:
    """The pairs of jobs (name, pg_cron expression, relations) that meet on a relation, in the order given.

    All expressions are read by one pg_cron, so on one clock. Raises UsageError for one it refuses.
    """
    dialect = family(version)[-1]
    known = []
    for name, expression, relations in jobs:
        parsed = dialect.parse(expression)
        if isinstance(parsed, Fields):
            known.append((name, parsed, parsed.firing_set(), frozenset(relations)))
    found = []
    for one, other in combinations(known, 2):
        shared, both = one[3] & other[3], one[2] & other[2]
        if not shared or both.never:
            continue
        rarer = one if _count(one[2]) < _count(other[2]) else other
        others = [job[2] for job in known if job is not rarer and job[3] & rarer[3]]
        found.append(
            Collision(
                jobs=(one[0], other[0]),
                relations=tuple(sorted(shared)),
                times=_count(both),
                first=f"{_first(both):%a %Y-%m-%d %H:%M}",
                move=rarer[0],
                proposal=_moved(rarer[1], others),
            )
        )
    return tuple(found)


def _side(firings: FiringSet) -> Side:
    return Side(firings, UTC_CLOCK)


def _count(firings: FiringSet) -> int:
    return count(_side(firings), *_YEARS)


def _first(firings: FiringSet) -> datetime:
    return next(
        upcoming(_side(firings), datetime(_YEARS[0] - 1, 12, 31, 23, 59, tzinfo=UTC), _YEARS[0], _YEARS[1] + 40)
    )


def _moved(fields: Fields, others: list[FiringSet]) -> str | None:
    """The expression with its minutes moved on, by as little as keeps it clear of the others (within the
    hour)."""
    for shift in range(1, 60 - max(fields.minutes, default=59)):
        minutes = frozenset(minute + shift for minute in fields.minutes)
        moved = replace(fields, minutes=minutes)
        if all((moved.firing_set() & other).never for other in others):
            return " ".join([render.field(render.MINUTE, minutes), *fields.texts[1:]])
    return None
