"""The firing set: the exact, finite meaning of a cron expression on its own clock.

``minutes`` × ``hours`` × ``dates``; two expressions with equal sets fire at the same local minutes on every
date there will ever be, which is a proof and not a sample.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cronlift.schedule import dates as calendar_dates

MINUTES_A_DAY = 1440
ALL_DAY = (1 << MINUTES_A_DAY) - 1
ALL_MINUTES = frozenset(range(60))
ALL_HOURS = frozenset(range(24))


@dataclass(frozen=True, slots=True)
class FiringSet:
    """Minutes 0–59, hours 0–23 and a date set (``dates.py``); build it with :func:`firing_set`."""

    minutes: frozenset[int]
    hours: frozenset[int]
    dates: int

    @property
    def never(self) -> bool:
        """Whether nothing ever fires."""
        return not self.dates

    @property
    def times(self) -> int:
        """The minutes of a day it fires at, as bits 0–1439."""
        hour = sum(1 << minute for minute in self.minutes)
        return sum(hour << (60 * h) for h in self.hours)

    def triples(self) -> set[tuple[int, int, int]]:
        """The (month, day, weekday) triples it fires on, Sunday 0."""
        return calendar_dates.triples(self.dates)

    def __and__(self, other: FiringSet) -> FiringSet:
        return firing_set(self.minutes & other.minutes, self.hours & other.hours, self.dates & other.dates)


def firing_set(minutes: Iterable[int], hours: Iterable[int], dates: int) -> FiringSet:
    """The set, in its one normal form: what never fires has all three parts empty."""
    minutes, hours = frozenset(minutes), frozenset(hours)
    if not (minutes and hours and dates):
        return NEVER
    return FiringSet(minutes, hours, dates)


NEVER = FiringSet(frozenset(), frozenset(), 0)
ALWAYS = FiringSet(ALL_MINUTES, ALL_HOURS, calendar_dates.EVERY_DATE)
