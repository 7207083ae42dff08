"""How often a schedule fires."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from cronlift.schedule import render
from cronlift.schedule.dialects.protocol import Fields, Interval, Parsed
from cronlift.schedule.firings import FiringSet
from cronlift.schedule.timeline import Side, count
from cronlift.schedule.zones import UTC_CLOCK

_YEARS = (2025, 2028)
DAYS = 1461
"""Days in those four years."""


@lru_cache(maxsize=8192)
def firings(fields: Fields) -> FiringSet:
    """The schedule's firing set (remembered: entries share schedules)."""
    return fields.firing_set()


@lru_cache(maxsize=8192)
def days_fired(fields: Fields) -> int:
    """On how many days of 2025–2028 it fires."""
    fired = firings(fields)
    if fired.never:
        return 0
    times = len(fired.minutes) * len(fired.hours)
    return count(Side(fired, UTC_CLOCK), *_YEARS) // times


def runs_a_day(fields: Fields) -> float:
    """Its runs on a day it fires."""
    fired = firings(fields)
    return float(len(fired.minutes) * len(fired.hours))


@lru_cache(maxsize=8192)
def gap_seconds(fields: Fields) -> int:
    """The shortest time between two of its firings on one day, in seconds; a day where it fires once a day."""
    fired = firings(fields)
    minutes = sorted(60 * h + m for h in fired.hours for m in fired.minutes)
    if len(minutes) < 2:
        return 86400
    return 60 * min(b - a for a, b in pairwise(minutes))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A schedule's ``runs`` in 2025–2028, its shortest ``gap`` in seconds, the ``weekdays`` it may fire on (0 is
    Sunday) and whether days of the month narrow them (``narrowed``)."""

    runs: float
    gap: float
    weekdays: frozenset[int] = frozenset(range(7))
    narrowed: bool = False


def rhythm(parsed: Parsed) -> Rhythm | None:
    """The rhythm of a parsed schedule; None where it never fires or is none of a calendar or a clock."""
    if isinstance(parsed, Interval):
        return Rhythm(DAYS * 86400 / parsed.seconds, parsed.seconds)
    if not isinstance(parsed, Fields) or firings(parsed).never:
        return None
    runs = days_fired(parsed) * runs_a_day(parsed)
    return Rhythm(runs, gap_seconds(parsed), parsed.weekdays, not render.full(render.DAY, parsed.days))


def words(runs: float) -> str:
    """``about 4 times an hour``, of so many runs in 2025–2028."""
    a_year = runs / 4
    for least, per, word in (
        (300_000, 525_960, "a minute"),
        (8_000, 8766, "an hour"),
        (300, 365.25, "a day"),
        (40, 52.2, "a week"),
        (11, 12, "a month"),
    ):
        if a_year >= least:
            times = f"{a_year / per:.2g}"
            return f"once {word}" if times == "1" else f"about {times} times {word}"
    return f"about {a_year:.3g} times a year"
