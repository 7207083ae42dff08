"""Texts that may say in pg_cron what the source says; ``convert.py`` takes the first that is proved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cronlift.schedule import render
from cronlift.schedule.dates import MONTHS
from cronlift.schedule.dialects.protocol import Fields
from cronlift.schedule.guard import Tests
from cronlift.schedule.render import DAY, HOUR, MINUTE, MONTH, WEEKDAY

EVERY_DAY = frozenset(range(1, 32))
EVERY_WEEKDAY = frozenset(range(7))
EVERY_MONTH = frozenset(MONTHS)
_SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pg_cron text, and what its guard must test (nothing: no guard)."""

    text: str
    tests: Tests = field(default_factory=dict)


def on_the_same_clock(source: Fields) -> Iterator[Candidate]:
    """Where pg_cron reads the clock the source reads: nearest to the source's own text first."""
    texts = source.texts
    if len(texts) == 5 and all(map(render.plain, range(5), texts)):
        yield Candidate(" ".join(texts))
    for days, weekdays, tests in _dates(source.days, source.weekdays, source):
        yield Candidate(_join(source, days, weekdays), tests)


def _dates(days: frozenset[int], weekdays: frozenset[int], source: Fields) -> Iterator[tuple[str, str, Tests]]:
    """Texts of day of month and weekday for two sets, without a guard where the rule can be written."""
    day_text, weekday_text = _kept(source, DAY, days), _kept(source, WEEKDAY, weekdays)
    if source.last_day:
        yield "$", "*" if render.full(WEEKDAY, weekdays) or not weekdays else weekday_text, {}
        return
    if source.rule == "or":
        if render.full(DAY, days) or render.full(WEEKDAY, weekdays):
            yield "*", "*", {}
        if days and weekdays:
            yield render.field(DAY, days, star=False), render.field(WEEKDAY, weekdays, star=False), {}
        elif days or weekdays:
            yield (day_text, "*", {}) if days else ("*", weekday_text, {})
        return
    if render.full(WEEKDAY, weekdays):
        yield day_text, "*", {}
    if render.full(DAY, days):
        yield "*", weekday_text, {}
    yield day_text, weekday_text, {}  # right where a star leads, and with cron.match_dom_and_dow
    if starred := render.starred(WEEKDAY, weekdays):
        yield day_text, starred, {}
    if starred := render.starred(DAY, days):
        yield starred, weekday_text, {}
    # the rarer of the two is written, the other guarded: fewer runs that do nothing
    if len(days) / 31 < len(weekdays) / 7:
        yield day_text, "*", {WEEKDAY: weekdays}
    else:
        yield "*", weekday_text, {DAY: days}


def _kept(source: Fields, place: int, values: frozenset[int]) -> str:
    """The field as the source wrote it where that is plain, else in numbers."""
    if len(source.texts) == 5 and render.plain(place, source.texts[place]) and render.sets(source)[place] == values:
        return source.texts[place]
    return render.field(place, values)


def _join(source: Fields, days: str, weekdays: str) -> str:
    minute, hour, month = (_kept(source, p, render.sets(source)[p]) for p in (MINUTE, HOUR, MONTH))
    return f"{minute} {hour} {days} {month} {weekdays}"


def across_clocks(source: Fields, shifts: frozenset[int]) -> Iterator[Candidate]:
    """Where the cron clock is ``shifts`` minutes ahead of the source's (several: it depends on the season).

    The text covers every cron time a source firing can fall on; the guard tests the source's local fields.
    """
    times = {60 * hour + minute for hour in source.hours for minute in source.minutes}
    moved = {(time + shift) for time in times for shift in shifts}
    minutes, hours = frozenset(t % 60 for t in moved), frozenset(t // 60 % 24 for t in moved)
    ahead = {t // 1440 for t in moved}
    time_text = (
        _kept(source, MINUTE, minutes) if minutes == source.minutes else render.field(MINUTE, minutes),
        _kept(source, HOUR, hours) if hours == source.hours else render.field(HOUR, hours),
    )
    timed: dict[int, frozenset[int]] = {
        place: values
        for place, values in ((MINUTE, source.minutes), (HOUR, source.hours))
        if not render.full(place, values)
    }
    for dates, tests in _moved_dates(source, ahead):
        text = " ".join([*time_text, *dates])
        yield Candidate(text, tests)
        for chosen in ({HOUR}, {MINUTE}, {HOUR, MINUTE}):
            if chosen <= timed.keys():
                yield Candidate(text, {**tests, **{place: timed[place] for place in chosen}})


def _moved_dates(source: Fields, ahead: set[int]) -> Iterator[tuple[tuple[str, str, str], Tests]]:
    """Day, month and weekday texts where the cron date is ``ahead`` days after the source's."""
    days, months, weekdays = source.days, source.months, source.weekdays
    month_text = _kept(source, MONTH, months)
    if ahead == {0} or (render.full(DAY, days) and render.full(WEEKDAY, weekdays) and months == EVERY_MONTH):
        for day, weekday, tests in _dates(days, weekdays, source):
            yield (day, month_text, weekday), tests
        return
    if source.rule == "or" or source.last_day:
        return
    moved_weekdays = frozenset((w + k) % 7 for w in weekdays for k in ahead)
    moved_days, moved_months = _covering(days, months, ahead)
    if render.full(DAY, days) and months == EVERY_MONTH:
        yield ("*", "*", render.field(WEEKDAY, moved_weekdays)), {}
    every: Tests = {
        place: values
        for place, values in ((DAY, days), (MONTH, months), (WEEKDAY, weekdays))
        if not render.full(place, values)
    }
    month_text = render.field(MONTH, moved_months)
    if len(moved_days) / 31 < len(moved_weekdays) / 7:
        yield (render.field(DAY, moved_days), month_text, "*"), every
    else:
        yield ("*", month_text, render.field(WEEKDAY, moved_weekdays)), every


def _covering(days: frozenset[int], months: frozenset[int], ahead: set[int]) -> tuple[frozenset[int], frozenset[int]]:
    """Days and months that contain every date ``ahead`` days after one of the given ones."""
    moved_days: set[int] = set()
    moved_months: set[int] = set()
    for shift in ahead:
        for day in days:
            moved = day + shift
            if moved < 1:
                moved_days.update(range(_SHORTEST_MONTH + moved, 32))
            elif shift and moved > _SHORTEST_MONTH:
                moved_days.update({min(moved, 31), *range(1, moved - _SHORTEST_MONTH + 1)})
            else:
                moved_days.add(moved)
        moved_months.update(months)
        if shift:
            moved_months.update((m - 1 + (1 if shift > 0 else -1)) % 12 + 1 for m in months)
    return frozenset(moved_days), frozenset(moved_months)
