"""Sets of calendar dates, exact and finite.

A cron rule looks at month, day of month and weekday only (and, for ``$``, at the length of the month), so
it treats all years alike that start on the same weekday and are leap or not. There are 14 such kinds of
year, each occurs in the Gregorian calendar, and so a set of dates is a bit for every day of every kind of
year: two sets are equal exactly when the rules agree on every date there will ever be.

A *date set* is an ``int`` of 14 × 366 bits: bit ``kind * 366 + day of the year`` (from 0). A *day set* is
an ``int`` whose bit ``n`` is the n-th day after the first of January of a first year.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_STRIDE = 366
_KINDS = tuple(range(14))  # weekday of 1 January (Sunday 0), plus 7 in a leap year
_CHUNK = (1 << _STRIDE) - 1
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

MONTHS = range(1, 13)
DAYS = range(1, 32)
WEEKDAYS = range(7)


def _calendar() -> tuple[dict[int, int], dict[int, int], dict[int, int], int, int]:
    month_sets, day_sets, weekday_sets = (dict.fromkeys(r, 0) for r in (MONTHS, DAYS, WEEKDAYS))
    last = every = 0
    for kind in _KINDS:
        position = kind * _STRIDE
        weekday, leap = kind % 7, kind >= 7
        for month in MONTHS:
            length = _LENGTHS[month - 1] + (leap and month == 2)
            for day in range(1, length + 1):
                bit = 1 << position
                month_sets[month] |= bit
                day_sets[day] |= bit
                weekday_sets[weekday] |= bit
                every |= bit
                if day == length:
                    last |= bit
                position += 1
                weekday = (weekday + 1) % 7
    return month_sets, day_sets, weekday_sets, last, every


MONTH_SETS, DAY_SETS, WEEKDAY_SETS, LAST_DAYS, EVERY_DATE = _calendar()


@lru_cache(maxsize=4096)
def union(kind: str, values: frozenset[int]) -> int:
    """The dates whose ``kind`` (``month``, ``day`` or ``weekday``) is one of ``values``; others add
    nothing."""
    sets = {"month": MONTH_SETS, "day": DAY_SETS, "weekday": WEEKDAY_SETS}[kind]
    result = 0
    for value in values:
        result |= sets.get(value, 0)
    return result


def kind_of(year: int) -> int:
    """Which of the 14 kinds a year is."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date(year, 1, 1).isoweekday() % 7 + 7 * leap


def eve_of(dates: int) -> int:
    """The dates whose *next* day is in ``dates`` (what pg_cron 1.6.0 and 1.6.1 run on)."""
    result = 0
    for kind in _KINDS:
        length = 366 if kind >= 7 else 365
        chunk = (dates >> (kind * _STRIDE)) & _CHUNK
        # 1 January is judged by weekday alone: it makes no difference whether it opens a leap year
        new_year = (dates >> (((kind + length) % 7) * _STRIDE)) & 1
        result |= ((chunk >> 1) | (new_year << (length - 1))) << (kind * _STRIDE)
    return result


def triples(dates: int) -> set[tuple[int, int, int]]:
    """The (month, day, weekday) triples of a date set, Sunday 0."""
    found = set()
    for kind in _KINDS:
        day = date(next(y for y in range(2000, 2400) if kind_of(y) == kind), 1, 1)
        chunk = (dates >> (kind * _STRIDE)) & _CHUNK
        while chunk:
            if chunk & 1:
                found.add((day.month, day.day, day.isoweekday() % 7))
            chunk >>= 1
            day += timedelta(days=1)
    return found


@lru_cache(maxsize=64)
def _year_starts(first_year: int, last_year: int) -> tuple[tuple[int, int], ...]:
    origin = date(first_year, 1, 1).toordinal()
    return tuple(
        (kind_of(year) * _STRIDE, date(year, 1, 1).toordinal() - origin) for year in range(first_year, last_year + 1)
    )


def days_between(dates: int, first_year: int, last_year: int) -> int:
    """The day set of ``dates`` from 1 January ``first_year`` to 31 December ``last_year``."""
    result = 0
    for position, start in _year_starts(first_year, last_year):
        result |= ((dates >> position) & _CHUNK) << start
    return result


@lru_cache(maxsize=1024)
def longest_wait(dates: int) -> int:
    """The most days from one date of the set to the next, in any century (29 February: 2,921); 0 for an
    empty set.

    Looked up around 2100, which is no leap year: the longest waits of the calendar for a rule of month and
    day, or month and weekday, happen there.
    """
    days = days_between(dates, 2088, 2130)
    if not days:
        return 0
    return max(map(len, bin(days)[2:].rstrip("0").split("1"))) + 1
