"""Plots of a look with slots: runs over time, durations, a calendar of failures.

Text and lines have the colour of the text around them (``currentColor``), the ground is transparent: they are read on
a light and on a dark page. Colours differ in lightness, too (Paul Tol's "bright" scheme).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from matplotlib import dates as axis_dates
from matplotlib import rc_context
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from cronlift.drawing import svg as drawn
from cronlift.model.monitoring import Monitoring, Slot, Watched
from cronlift.monitor.words import milliseconds

JOBS = 40
"""So many entries are drawn as rows; those with something wrong first."""
CURVES = 12

_INK = "#010203"  # becomes currentColor
_STYLE: Any = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), _INK),
    "axes.facecolor": "none",
    "font.size": 9,
}
_KINDS = (
    ("no run", "#8a8f9833"),
    ("all succeeded", "#228833"),
    ("under 10 % failed", "#a9c45a"),
    ("more failed", "#ee9944"),
    ("all failed", "#cc3344"),
)
_LINE = "#4477aa"


def svg(figure: Figure, salt: str) -> str:
    """The figure as an ``<svg>`` element that takes on the page's text colour."""
    return drawn(figure, salt).replace(_INK, "currentColor")


def chosen(document: Monitoring, most: int) -> list[Watched]:
    """The entries to draw: wrong ones first, then those with the most runs; in the document's order."""
    order = {"red": 0, "attention": 1, "green": 2, "plain": 3}
    ranked = sorted(document.jobs, key=lambda job: (order[job.colour], -job.runs))[:most]
    return [job for job in document.jobs if job in ranked]


@rc_context(_STYLE)
def runs(document: Monitoring) -> Figure:
    """A row for each entry, a cell for each slot: from green (all runs succeeded) to red (all failed)."""
    jobs, starts = chosen(document, JOBS), _starts(document)
    grid = [[_kind(_at(job, start)) for start in starts] for job in jobs]
    figure = _figure(10.5, 1.3 + 0.26 * max(len(jobs), 1))
    axes = figure.subplots()
    axes.pcolormesh(
        grid, cmap=ListedColormap([colour for _, colour in _KINDS]), vmin=0, vmax=len(_KINDS) - 1, edgecolors="none"
    )
    axes.set_yticks([row + 0.5 for row in range(len(jobs))], [_short(job.name) for job in jobs])
    days = [(number, start) for number, start in enumerate(starts) if start.hour == 0]
    step = max(len(days) // 10, 1)
    axes.set_xticks([n for n, _ in days[::step]], [f"{start:%d %b}" for _, start in days[::step]])
    axes.invert_yaxis()
    _bare(axes)
    figure.legend(
        handles=[Patch(color=c, label=n) for n, c in _KINDS], loc="outside lower left", ncols=len(_KINDS), frameon=False
    )
    return figure


@rc_context(_STYLE)
def durations(document: Monitoring) -> Figure:
    """For each entry with known durations: the median of each slot, and up to the 95th percentile."""
    jobs = [job for job in chosen(document, CURVES * 2) if any(s.p50_ms is not None for s in job.slots)][:CURVES]
    columns = 2 if len(jobs) > 1 else 1
    rows = -(-max(len(jobs), 1) // columns)
    figure = _figure(10.5, 0.4 + 1.55 * rows)
    every: Any = figure.subplots(rows, columns, sharex=True, squeeze=False)
    for axes, job in zip(every.flat, jobs, strict=False):
        known = [slot for slot in job.slots if slot.p50_ms is not None]
        at = [_instant(slot) for slot in known]
        axes.fill_between(at, [s.p50_ms for s in known], [s.p95_ms for s in known], color=_LINE, alpha=0.35, lw=0)
        axes.plot(at, [s.p50_ms for s in known], color=_LINE, lw=1.5, marker="." if len(known) < 40 else "")
        axes.set_ylim(bottom=0)
        axes.set_title(_short(job.name, 46), loc="left", fontsize=9)
        axes.yaxis.set_major_formatter(lambda value, _: milliseconds(value))
        axes.yaxis.get_major_locator().set_params(nbins=3)
        axes.xaxis.set_major_formatter(axis_dates.ConciseDateFormatter(axes.xaxis.get_major_locator(), tz=UTC))  # type: ignore[no-untyped-call]
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    for axes in list(every.flat)[len(jobs) :]:
        axes.set_visible(False)
    return figure


@rc_context(_STYLE)
def failures(document: Monitoring) -> Figure:
    """A calendar: a row for each day (UTC), a column for each part of it, with the number of failed runs."""
    counts, seen = _failed(document)
    parts = max(86_400 // document.slot_seconds, 1)
    days = sorted({day for day, _ in seen})
    most = max(counts.values(), default=0)
    figure = _figure(min(2.2 + 0.75 * parts, 10.5), 0.9 + 0.24 * max(len(days), 1))
    axes = figure.subplots()
    for row, day in enumerate(days):
        for part in range(parts):
            number = counts.get((day, part), 0)
            if (day, part) not in seen:
                continue
            colour, alpha = ("#ee6677", 0.35 + 0.65 * number / most) if number else ("#228833", 0.3)
            axes.add_patch(_cell(part, row, colour, alpha))
            if number:
                axes.text(part + 0.5, row + 0.5, str(number), ha="center", va="center", fontsize=8)
    axes.set_xlim(0, parts)
    axes.set_ylim(len(days), 0)
    axes.set_yticks([row + 0.5 for row in range(len(days))], [f"{day:%a %d %b}" for day in days])
    hours = [part * document.slot_seconds // 3600 for part in range(parts)]
    axes.set_xticks([part + 0.5 for part in range(parts)], [f"{hour:02}h" for hour in hours])
    axes.xaxis.tick_top()
    _bare(axes)
    return figure


def words(document: Monitoring) -> str:
    """What the plots show, for who cannot see them: the failed runs by day, and what was not drawn."""
    counts, _ = _failed(document)
    days: dict[date, int] = defaultdict(int)
    for (day, _), number in counts.items():
        days[day] += number
    failed = "; ".join(f"{day:%Y-%m-%d}: {number}" for day, number in sorted(days.items()) if number)
    left = len(document.jobs) - len(chosen(document, JOBS))
    return f"failed runs by day: {failed or 'none'}" + (f"; {left} further entries are not drawn" if left else "")


def _failed(document: Monitoring) -> tuple[dict[tuple[date, int], int], set[tuple[date, int]]]:
    """Failed runs by day and part of the day, and the days and parts in which anything ran."""
    counts: dict[tuple[date, int], int] = defaultdict(int)
    seen: set[tuple[date, int]] = set()
    for job in document.jobs:
        for slot in job.slots:
            start = _instant(slot)
            place = (start.date(), (start.hour * 3600 + start.minute * 60) // document.slot_seconds)
            counts[place] += slot.failed
            seen.add(place)
    return counts, seen


def _starts(document: Monitoring) -> list[datetime]:
    end, slot = datetime.fromisoformat(document.at), timedelta(seconds=document.slot_seconds)
    begin = end - timedelta(seconds=document.window_seconds)
    first = begin.replace(hour=0, minute=0, second=0)
    return [first + n * slot for n in range(-(-(end - first) // slot))]


def _at(job: Watched, start: datetime) -> Slot | None:
    return next((slot for slot in job.slots if _instant(slot) == start), None)


def _kind(slot: Slot | None) -> int:
    if slot is None or not slot.runs:
        return 0
    if slot.failed == slot.runs:
        return 4
    return 1 if not slot.failed else 2 if slot.failed < 0.1 * slot.runs else 3


def _instant(slot: Slot) -> datetime:
    return datetime.fromisoformat(slot.start)


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained", facecolor="none")


def _cell(column: int, row: int, colour: str, alpha: float) -> Rectangle:
    return Rectangle((column + 0.04, row + 0.06), 0.92, 0.88, facecolor=colour, alpha=alpha, lw=0)


def _bare(axes: Any) -> None:
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _short(name: str, most: int = 34) -> str:
    return name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-most // 2 :]}"
