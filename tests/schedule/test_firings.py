"""Date sets and firing sets against plain dates; the time line against walking through every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cronlift.errors import UsageError
from cronlift.schedule import dates, zones
from cronlift.schedule.dialects import Fields
from cronlift.schedule.firings import ALWAYS, NEVER, firing_set
from cronlift.schedule.timeline import Side, compare, count, upcoming

ZONES = ("Etc/UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati")


def some(low: int, high: int) -> st.SearchStrategy[frozenset[int]]:
    return st.frozensets(st.integers(low, high), min_size=1, max_size=high)


@st.composite
def fields(draw: st.DrawFn) -> Fields:
    return Fields(
        minutes=draw(some(0, 59)),
        hours=draw(some(0, 23)),
        days=draw(some(1, 31)),
        months=draw(some(1, 12)),
        weekdays=draw(some(0, 6)),
        rule=draw(st.sampled_from(["and", "or"])),
        last_day=draw(st.booleans()),
    )


def fires_on(one: Fields, day: date) -> bool:
    last = (day + timedelta(days=1)).day == 1
    by_day, by_weekday = day.day in one.days or (one.last_day and last), day.isoweekday() % 7 in one.weekdays
    joined = (by_day and by_weekday) if one.rule == "and" else (by_day or by_weekday)
    return joined and day.month in one.months


@given(fields(), st.integers(1901, 2399), st.integers(0, 364))
def test_a_date_set_holds_exactly_the_dates_of_the_rule(one: Fields, year: int, number: int) -> None:
    day = date(year, 1, 1) + timedelta(days=number)
    found = dates.days_between(one.firing_set().dates, year, year) >> number & 1
    assert bool(found) == fires_on(one, day)
    if fires_on(one, day):
        assert (day.month, day.day, day.isoweekday() % 7) in one.firing_set().triples()


@given(fields())
def test_the_eve_of_a_date_set_is_one_day_earlier(one: Fields) -> None:
    plain = Fields(one.minutes, one.hours, one.days, one.months, one.weekdays, one.rule)
    days = dates.days_between(plain.firing_set().dates, 2025, 2056)
    eves = dates.days_between(dates.eve_of(plain.firing_set().dates), 2025, 2056)
    last = date(2056, 12, 31).toordinal() - date(2025, 1, 1).toordinal()
    assert (eves ^ (days >> 1)) & ((1 << last) - 1) == 0


def test_all_fourteen_kinds_of_year_are_kept_apart() -> None:
    assert dates.EVERY_DATE.bit_count() == 7 * 365 + 7 * 366
    assert len(dates.triples(dates.EVERY_DATE)) == 366 * 7


@pytest.mark.parametrize(
    ("months", "days", "weekdays", "longest"),
    [
        (range(1, 13), range(1, 32), range(7), 1),
        (range(1, 13), range(1, 32), [1], 7),
        (range(1, 13), [31], range(7), 61),
        ([2], [29], range(7), 2921),
        ([2], [30], range(7), 0),
    ],
)
def test_longest_wait(months: range, days: range, weekdays: range, longest: int) -> None:
    zero = frozenset({0})
    one = Fields(zero, zero, frozenset(days), frozenset(months), frozenset(weekdays))
    assert dates.longest_wait(one.firing_set().dates) == longest


def test_what_never_fires_has_one_form() -> None:
    assert firing_set({0}, {0}, 0) == firing_set((), {1}, dates.EVERY_DATE) == NEVER
    assert NEVER.never and not ALWAYS.never


@cache
def every_minute(first: datetime, zone: str) -> list[tuple[datetime, int, int, date]]:
    """Nine days of minutes from an instant, each with minute, hour and date of the clock on the wall."""
    moments = [first + timedelta(minutes=number) for number in range(9 * 1440)]
    local = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    return [(moment, wall.minute, wall.hour, wall.date()) for moment, wall in zip(moments, local, strict=True)]


@given(fields(), fields(), st.sampled_from(ZONES), st.sampled_from(ZONES), st.sampled_from([(2026, 61), (2026, 297)]))
def test_the_time_line_is_what_a_walk_through_every_minute_finds(
    one: Fields, other: Fields, zone: str, other_zone: str, place: tuple[int, int]
) -> None:
    """Around the clock changes of spring and autumn, and the end of a month."""
    year, number = place
    first = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=number)
    sides = [Side(f.firing_set(), zones.clock(z, year)) for f, z in ((one, zone), (other, other_zone))]
    walked: list[list[datetime]] = [[], []]
    for found, spec, name in zip(walked, (one, other), (zone, other_zone), strict=True):
        for moment, minute, hour, day in every_minute(first, name):
            if minute in spec.minutes and hour in spec.hours and fires_on(spec, day):
                found.append(moment)
    end = first + timedelta(days=9)
    for side, expected in zip(sides, walked, strict=True):
        instants = upcoming(side, first - timedelta(minutes=1), year, year)
        assert [moment for moment in instants if moment < end] == expected
    parted = compare(sides[0], sides[1], year, year)
    both = [set(upcoming(side, datetime(year - 1, 12, 31, tzinfo=UTC), year, year)) for side in sides]
    assert [count(side, year, year) for side in sides] == [len(instants) for instants in both]
    if parted is None:
        assert both[0] == both[1]
    else:
        assert parted.first == min(both[0] ^ both[1])
        assert (parted.only_source, parted.only_target) == (len(both[0] - both[1]), len(both[1] - both[0]))
        assert (parted.fires_only_in == "source") == (parted.first in both[0])


@pytest.mark.parametrize("zone", [*ZONES, "Africa/Casablanca", "America/Nuuk", "Europe/Dublin", "Asia/Gaza"])
def test_a_clock_has_every_change_of_the_zone(zone: str) -> None:
    last = zones.horizon((zone,))[1]
    clock, where = zones.clock(zone, last), ZoneInfo(zone)
    start, end = (zones.minute_of(date(year, 1, 1)) for year in (zones.COVERED_FROM, last + 1))
    for minute in range(start, end, 1440):
        offset = datetime.fromtimestamp(minute * 60, where).utcoffset()
        assert offset == timedelta(minutes=zones.offset_at(clock, minute)), minute
    for (_, before), (at, after) in pairwise(clock.changes):
        seen = [datetime.fromtimestamp(minute * 60, where).utcoffset() for minute in (at - 1, at)]
        assert seen == [timedelta(minutes=before), timedelta(minutes=after)]


def test_the_horizon_runs_past_every_listed_change_and_through_every_kind_of_year() -> None:
    assert zones.horizon(("Etc/UTC",)) == (2025, 2052)
    assert zones.rules_until("Africa/Casablanca") > 2080  # Ramadan is listed year by year
    first, last = zones.horizon(("Etc/UTC", "Africa/Casablanca"))
    assert {dates.kind_of(year) for year in range(zones.rules_until("Africa/Casablanca") + 1, last + 1)} == set(
        range(14)
    )
    assert first == 2025


def test_zone_names() -> None:
    assert zones.same(zones.clock("Etc/UTC", 2060), zones.clock("GMT", 2060))
    assert not zones.same(zones.clock("Europe/London", 2060), zones.clock("GMT", 2060))
    for name in ("Mars/Olympus", "../../etc/passwd", "", "/etc/localtime"):
        with pytest.raises(UsageError, match="no time zone is called"):
            zones.clock(name, 2030)
