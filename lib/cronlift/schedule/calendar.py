"""A year at a glance: on which days a schedule fires, and on which its text would fire in pg_cron."""

from __future__ import annotations

from datetime import date, timedelta

from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from cronlift.errors import UsageError
from cronlift.schedule import zones
from cronlift.schedule.dialects import BadExpression, Fields, find
from cronlift.schedule.dialects.pg_cron import family
from cronlift.schedule.timeline import Side, firing_rectangles

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_KINDS = (
    ("does not fire", "#f0f0f0"),
    ("fires in both", "#4477aa"),
    ("only in the application", "#ddaa33"),
    ("only in pg_cron (or at other times)", "#bb5566"),
)


def year_plot(
    expression: str, year: int, source: str = "oban", timezone: str = "Etc/UTC", pg_cron: str = "1.4", text: str = ""
) -> Figure:
    """A calendar of one year (days in UTC): where ``expression`` fires in the application and ``text`` in pg_cron.

    ``text`` defaults to the expression copied as it is, which shows what the conversion saves one from; a text pg_cron
    refuses is one that never fires. Raises UsageError for an expression the source refuses, or one without instants.
    """
    parsed = find(source).parse(expression)
    if not isinstance(parsed, Fields):
        raise UsageError(f"{expression!r} has no instants to draw", do="draw a schedule of five fields")
    ours = _days(parsed, timezone, year)
    theirs = _pg_cron_days(text or expression, pg_cron, year)
    figure = Figure(figsize=(11, 2.2), layout="constrained")
    axes = figure.subplots()
    first = date(year, 1, 1)
    grid = [[float("nan")] * 54 for _ in _WEEKDAYS]
    starts = []
    for number in range(366 if date(year, 12, 31).timetuple().tm_yday == 366 else 365):
        day = first + timedelta(days=number)
        week = (number + first.weekday()) // 7
        grid[day.weekday()][week] = _kind(ours.get(day), theirs.get(day))
        if day.day == 1:
            starts.append((week, f"{day:%b}"))
    axes.pcolormesh(grid, cmap=ListedColormap([colour for _, colour in _KINDS]), vmin=0, vmax=3, edgecolors="white")
    axes.set_yticks([place + 0.5 for place in range(7)], _WEEKDAYS)
    axes.set_xticks([week + 0.5 for week, _ in starts], [name for _, name in starts])
    axes.invert_yaxis()
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(
        f"{expression} ({source}, {timezone}) and {text or expression} (pg_cron {pg_cron}), {year}, UTC days"
    )
    figure.legend(handles=[Patch(color=c, label=name) for name, c in _KINDS], loc="outside lower center", ncols=4)
    return figure


def _kind(ours: int | None, theirs: int | None) -> int:
    if ours == theirs:
        return 0 if ours is None else 1
    return 2 if theirs is None else 3


def _pg_cron_days(text: str, pg_cron: str, year: int) -> dict[date, int]:
    try:
        parsed = family(pg_cron)[-1].parse(text)
    except BadExpression:
        return {}
    return _days(parsed, "GMT", year) if isinstance(parsed, Fields) else {}


def _days(fields: Fields, timezone: str, year: int) -> dict[date, int]:
    """The minutes of the day it fires at (bits 0–1439), by UTC day."""
    clock = zones.clock(timezone, year)
    side = Side(fields.firing_set(), clock.day_ahead() if fields.day_ahead else clock)
    found: dict[date, int] = {}
    for minutes, days in firing_rectangles(side, year, year):
        for number in range(days.bit_length()):
            if days >> number & 1:
                day = date(year, 1, 1) + timedelta(days=number)
                found[day] = found.get(day, 0) | minutes
    return found
