"""Clocks: what a time zone's wall shows at every minute, as intervals of constant UTC offset.

The zone data are those ``zoneinfo`` uses: the system's (``zoneinfo.TZPATH``), else the ``tzdata`` package.
:func:`data_version` says which. The data hold a list of changes and a rule for the time after the last of
them (RFC 8536); :func:`rules_until` reads where the list ends, so that a horizon can cover all of it.
"""

from __future__ import annotations

import struct
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from importlib import import_module, resources
from itertools import pairwise
from pathlib import Path

from cronlift.errors import UsageError
from cronlift.schedule.dates import kind_of

FIRST_YEAR = 2025
"""Proofs start on 1 January of this year: the past is not what a moved job will run in."""
COVERED_FROM = 2010
"""Clocks know their offsets from here on, so that runs of the past can be looked up too."""
_BEGINNING = -(1 << 40)
_MINUTES_A_DAY = 1440
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Clock:
    """``changes``: (UTC minute since 1970 from which it holds, offset in minutes east of UTC), ascending."""

    name: str
    changes: tuple[tuple[int, int], ...]

    def day_ahead(self) -> Clock:
        """The clock that shows tomorrow's date and time."""
        return Clock(
            f"{self.name}, a day ahead",
            tuple((start - _MINUTES_A_DAY, offset + _MINUTES_A_DAY) for start, offset in self.changes),
        )

    @property
    def fixed(self) -> bool:
        """Whether its offset never changes."""
        return len(self.changes) == 1


def unusual_times(clock: Clock, first_year: int) -> int:
    """The minutes of a day that the clock skips or shows twice on some day from ``first_year`` on, as bits 0–1439."""
    start, bits = minute_of(date(first_year, 1, 1)), 0
    for (_, before), (at, after) in pairwise(clock.changes):
        if at > start:
            low, high = sorted((at + before, at + after))
            for minute in range(low, high):
                bits |= 1 << (minute % _MINUTES_A_DAY)
    return bits


UTC_CLOCK = Clock("UTC", ((_BEGINNING, 0),))


def same(one: Clock, other: Clock, first_year: int = FIRST_YEAR) -> bool:
    """Whether two clocks show the same from ``first_year`` on (UTC, GMT and Etc/UTC do)."""
    return _since(one, first_year) == _since(other, first_year)


def _since(clock: Clock, year: int) -> tuple[tuple[int, int], ...]:
    start = minute_of(date(year, 1, 1))
    before = [offset for at, offset in clock.changes if at <= start]
    return ((_BEGINNING, before[-1]), *(c for c in clock.changes if c[0] > start))


def minute_of(day: date) -> int:
    """The UTC minute since 1970 at which a date starts."""
    return (day.toordinal() - _EPOCH) * _MINUTES_A_DAY


def zone(name: str) -> tzinfo:
    """The zone of that name. Raises UsageError for a name the zone data do not have."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise _unknown(name) from error
    except KeyError as error:
        raise _unknown(name) from error


def _unknown(name: str) -> UsageError:
    return UsageError(
        f"no time zone is called {name!r}",
        where="the IANA zone data of this machine",
        do='name it as the application does, e.g. "America/New_York"',
    )


@lru_cache(maxsize=256)
def rules_until(name: str) -> int:
    """The year of the last change the zone data list one by one (0: none); after it one rule holds for
    ever."""
    zone(name)
    changes = _listed_changes(name)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=changes[-1])).year if changes else 0


@lru_cache(maxsize=256)
def clock(name: str, last_year: int) -> Clock:
    """The clock of a zone, good for the years ``COVERED_FROM`` to ``last_year`` + 1.

    Looks at the offset wherever it can change, and bisects between two looks that differ. Raises UsageError for
    an unknown zone.
    """
    where = zone(name)
    changes: list[tuple[int, int]] = []
    previous = 0
    for look in sorted(_looks(name, where, last_year + 1)):
        offset = _offset(where, look)
        if not changes:
            changes.append((_BEGINNING, offset))
        elif offset != changes[-1][1]:
            changes.append((_bisect(where, previous, look), offset))
        previous = look
    return Clock(name, tuple(changes))


def _looks(name: str, where: tzinfo, last_year: int) -> set[int]:
    """The UTC minutes between which the zone changes its offset at most once.

    Up to the last listed change those are the listed ones. From there every day to the end of the next whole year;
    after it one rule holds, whose changes fall on the same week of the same month each year: eight days around.
    """
    first, end = (minute_of(date(year, 1, 1)) for year in (COVERED_FROM, last_year + 1))
    listed = [-(-seconds // 60) for seconds in _listed_changes(name)]
    base = max(COVERED_FROM, rules_until(name) + 1)
    daily = range(max(first, listed[-1] if listed else first), minute_of(date(base + 1, 1, 1)), _MINUTES_A_DAY)
    looks = {first, *(minute for minute in listed if first < minute < end), *(m for m in daily if m < end)}
    start = minute_of(date(base, 1, 1))
    changing = {
        (day - start) // _MINUTES_A_DAY
        for day in daily
        if day >= start and _offset(where, day) != _offset(where, day + _MINUTES_A_DAY)
    }
    for year in range(base + 1, last_year + 1):
        january = minute_of(date(year, 1, 1))
        looks.add(january)
        looks.update(january + (day + near) * _MINUTES_A_DAY for day in changing for near in range(-8, 10))
    return looks


def horizon(names: tuple[str, ...]) -> tuple[int, int]:
    """First and last year of a window that shows everything the zones will ever do, by the data at hand.

    It runs over every listed change and on until all 14 kinds of year have passed under the rule that holds
    afterwards; that rule goes by month, weekday and week, so nothing new can come later.
    """
    last = max([FIRST_YEAR - 1, *(rules_until(name) for name in names)])
    kinds: set[int] = set()
    year = last
    while len(kinds) < 14:
        year += 1
        kinds.add(kind_of(year))
    return FIRST_YEAR, year


@lru_cache(maxsize=1)
def data_version() -> str:
    """The version of the zone data in use, e.g. ``2025b``."""
    for root in zoneinfo.TZPATH:
        if not (Path(root) / "Europe" / "London").is_file():
            continue
        for name, prefix in (("tzdata.zi", "# version "), ("+VERSION", "")):
            file = Path(root) / name
            if file.is_file():
                with file.open(encoding="utf-8", errors="replace") as lines:
                    return lines.readline().strip().removeprefix(prefix)
        return "of this system, version unknown"
    try:
        return str(import_module("tzdata").IANA_VERSION)
    except ModuleNotFoundError:
        return "of this system, version unknown"


def _offset(where: tzinfo, minute: int) -> int:
    offset = datetime.fromtimestamp(minute * 60, where).utcoffset()
    assert offset is not None
    seconds = offset.days * 86400 + offset.seconds
    if seconds % 60:
        raise UsageError(
            f"{where} has an offset from UTC that is not a whole number of minutes",
            do="use a zone whose offsets are whole minutes; cron schedules have no smaller unit",
        )
    return seconds // 60


def _bisect(where: tzinfo, low: int, high: int) -> int:
    before = _offset(where, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(where, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _listed_changes(name: str) -> tuple[int, ...]:
    """Seconds since 1970 of the changes a TZif file lists (RFC 8536, section 3: the second block's times)."""
    for data in _files(name):
        if data[:4] != b"TZif":
            continue
        if data[4:5] < b"2":
            return _times(data, 0, 4)
        counts = struct.unpack(">6l", data[20:44])
        utc, std, leap, time, kind, char = counts
        return _times(data, 44 + time * 5 + kind * 6 + char + leap * 8 + std + utc, 8)
    return ()


def _times(data: bytes, header: int, width: int) -> tuple[int, ...]:
    (count,) = struct.unpack(">l", data[header + 32 : header + 36])
    start = header + 44
    code = "q" if width == 8 else "l"
    return struct.unpack(f">{count}{code}", data[start : start + count * width])


def _files(name: str) -> Iterator[bytes]:
    """The zone's file where ``zoneinfo`` looks for it, in its order."""
    for root in zoneinfo.TZPATH:
        file = Path(root) / name
        if file.is_file():
            yield file.read_bytes()
    package = "tzdata.zoneinfo"
    try:
        found = resources.files(package).joinpath(*name.split("/"))
        if found.is_file():
            yield found.read_bytes()
    except ModuleNotFoundError:
        return


@lru_cache(maxsize=256)
def offset_pairs(one: Clock, other: Clock, last_year: int) -> frozenset[tuple[int, int]]:
    """The pairs of offsets the two clocks have at the same time, from ``FIRST_YEAR`` to ``last_year``."""
    start, end = minute_of(date(FIRST_YEAR, 1, 1)), minute_of(date(last_year + 1, 1, 1))
    cuts = {start, *(at for clock in (one, other) for at, _ in clock.changes if start < at < end)}
    return frozenset((offset_at(one, cut), offset_at(other, cut)) for cut in cuts)


def offset_at(clock: Clock, minute: int) -> int:
    """The clock's offset at a UTC minute."""
    return next(offset for at, offset in reversed(clock.changes) if at <= minute)
