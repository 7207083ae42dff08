"""Firing sets laid on the UTC time line: counts, the first difference, the next instants.

Nothing steps through minutes. A window is cut where a clock changes its offset; all days with the same
offsets form one *stretch*, in which "what fires" is a few (minutes of the UTC day, days) rectangles, and
sets of days are bits of one integer. A schedule of every minute costs no more than one of every year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from cronlift.schedule.dates import days_between
from cronlift.schedule.firings import ALL_DAY, MINUTES_A_DAY, FiringSet
from cronlift.schedule.zones import Clock, minute_of, offset_at

Rectangle = tuple[int, int]
"""Minutes of the UTC day (bits 0–1439) and days of the window (bits from 0) it fires at, every pair of
them."""


@dataclass(frozen=True, slots=True)
class Side:
    """What fires: a firing set read on a clock; with a guard, only where the guard's set holds on *its*
    clock."""

    firings: FiringSet
    clock: Clock
    guard: FiringSet | None = None
    guard_clock: Clock | None = None

    @property
    def clocks(self) -> tuple[Clock, ...]:
        return (self.clock,) if self.guard_clock is None else (self.clock, self.guard_clock)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two sides part: the first instant, which side fires then, and how often each fires alone."""

    first: datetime
    fires_only_in: str
    only_source: int
    only_target: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    minutes: int
    days: int
    offsets: dict[Clock, int]


@lru_cache(maxsize=256)
def _stretches(clocks: tuple[Clock, ...], first_year: int, last_year: int) -> tuple[_Stretch, ...]:
    """The window in parts of constant offsets; days with the same offsets all day long are one part."""
    start, end = minute_of(date(first_year, 1, 1)), minute_of(date(last_year + 1, 1, 1))
    cuts = sorted({start, end, *(at for clock in clocks for at, _ in clock.changes if start < at < end)})
    parts: dict[tuple[int, tuple[int, ...]], int] = {}
    for low, high in pairwise(cuts):
        offsets = tuple(offset_at(clock, low) for clock in clocks)
        for minutes, days in _rectangles_of(low - start, high - start):
            parts[minutes, offsets] = parts.get((minutes, offsets), 0) | days
    return tuple(_Stretch(m, d, dict(zip(clocks, o, strict=True))) for (m, o), d in parts.items())


def _rectangles_of(low: int, high: int) -> Iterator[Rectangle]:
    """A span of minutes as whole days and at most two parts of days."""
    (first, skipped), (last, kept) = divmod(low, MINUTES_A_DAY), divmod(high, MINUTES_A_DAY)
    if first == last:
        yield ((1 << kept) - 1) >> skipped << skipped, 1 << first
        return
    if skipped:
        yield ALL_DAY >> skipped << skipped, 1 << first
        first += 1
    if last > first:
        yield ALL_DAY, ((1 << (last - first)) - 1) << first
    if kept:
        yield (1 << kept) - 1, 1 << last


class _Laid:
    """One firing set in a window: its times of day, and its days with a margin of a year on both ends."""

    def __init__(self, firings: FiringSet, first_year: int, last_year: int) -> None:
        self.times = firings.times
        self.days = days_between(firings.dates, first_year - 1, last_year + 1)
        self.origin = date(first_year, 1, 1).toordinal() - date(first_year - 1, 1, 1).toordinal()

    def at(self, offset: int) -> list[Rectangle]:
        """What fires where the clock is ``offset`` minutes ahead of UTC; the minutes of the parts do not
        overlap."""
        ahead, rest = divmod(offset, MINUTES_A_DAY)
        same_day = self.times >> rest, self.days >> (self.origin + ahead)
        if not rest:
            return [same_day]
        next_day = (self.times << (MINUTES_A_DAY - rest)) & ALL_DAY, self.days >> (self.origin + ahead + 1)
        return [same_day, next_day]


class _Drawn:
    """A side in a window."""

    def __init__(self, side: Side, first_year: int, last_year: int) -> None:
        self.side = side
        self.firings = _Laid(side.firings, first_year, last_year)
        self.guard = None if side.guard is None else _Laid(side.guard, first_year, last_year)

    def within(self, stretch: _Stretch) -> list[Rectangle]:
        found = self.firings.at(stretch.offsets[self.side.clock])
        if self.guard is not None:
            assert self.side.guard_clock is not None
            guard = self.guard.at(stretch.offsets[self.side.guard_clock])
            found = [(m & gm, d & gd) for m, d in found for gm, gd in guard]
        found = [(m & stretch.minutes, d & stretch.days) for m, d in found]
        return [(m, d) for m, d in found if m and d]


def firing_rectangles(side: Side, first_year: int, last_year: int) -> list[Rectangle]:
    """Everything that fires in the years from first to last (both included)."""
    drawn = _Drawn(side, first_year, last_year)
    return [r for part in _stretches(side.clocks, first_year, last_year) for r in drawn.within(part)]


def count(side: Side, first_year: int, last_year: int) -> int:
    """How often it fires in the years from first to last."""
    return sum(m.bit_count() * d.bit_count() for m, d in firing_rectangles(side, first_year, last_year))


def compare(source: Side, target: Side, first_year: int, last_year: int) -> Difference | None:
    """Where two sides differ in the years from first to last; None: they fire at the same instants."""
    drawn = _Drawn(source, first_year, last_year), _Drawn(target, first_year, last_year)
    clocks = tuple(dict.fromkeys((*source.clocks, *target.clocks)))
    alone: tuple[list[Rectangle], list[Rectangle]] = ([], [])
    for part in _stretches(clocks, first_year, last_year):
        ours, theirs = (side.within(part) for side in drawn)
        alone[0].extend(_without(ours, theirs))
        alone[1].extend(_without(theirs, ours))
    if not (alone[0] or alone[1]):
        return None
    firsts = [min((_earliest(r) for r in found), default=None) for found in alone]
    first = min(f for f in firsts if f is not None)
    return Difference(
        first=_instant(first, first_year),
        fires_only_in="source" if first == firsts[0] else "target",
        only_source=sum(m.bit_count() * d.bit_count() for m, d in alone[0]),
        only_target=sum(m.bit_count() * d.bit_count() for m, d in alone[1]),
    )


def _without(ours: list[Rectangle], theirs: list[Rectangle]) -> list[Rectangle]:
    """What is in ours and not in theirs. The parts of one side never share a minute with each other."""
    left: list[Rectangle] = []
    for minutes, days in ours:
        for their_minutes, their_days in theirs:
            both = minutes & their_minutes
            if both and days & ~their_days:
                left.append((both, days & ~their_days))
            minutes &= ~their_minutes
        if minutes:
            left.append((minutes, days))
    return left


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _earliest(rectangle: Rectangle) -> tuple[int, int]:
    return _lowest(rectangle[1]), _lowest(rectangle[0])


def _instant(place: tuple[int, int], first_year: int) -> datetime:
    day, minute = place
    return datetime(first_year, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=minute)


def upcoming(side: Side, after: datetime, first_year: int, last_year: int) -> Iterator[datetime]:
    """The instants (UTC) later than ``after``, ascending, to the end of the window."""
    rectangles = firing_rectangles(side, first_year, last_year)
    elapsed = after.astimezone(UTC) - datetime(first_year, 1, 1, tzinfo=UTC)
    today = max(elapsed.days, 0)
    days = 0
    for _, found in rectangles:
        days |= found
    days = days >> today << today
    while days:
        day = _lowest(days)
        days &= days - 1
        minutes = 0
        for at, found in rectangles:
            if found >> day & 1:
                minutes |= at
        while minutes:
            instant = _instant((day, _lowest(minutes)), first_year)
            minutes &= minutes - 1
            if instant > after:
                yield instant
