"""How often a schedule fires."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from cronlift.schedule.dialects.protocol import Fields
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
