"""Runs that take longer than the time to the next one. pg_cron starts an entry once at a time and counts what it missed
(``pendingRunCount`` in pg_cron.c): the next run starts the moment the last one ends, and the backlog grows."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule import rate
from cronlift.schedule.dialects.protocol import Fields, Interval, Parsed


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    found = over(examined, world)
    if found is None:
        return
    seconds, period = found
    if period < 3600:
        minutes = next((m for m in (2, 5, 10, 15, 20, 30, 60) if m * 60 > 2 * seconds), 60)
        schedule = f"*/{minutes} * * * *" if minutes < 60 else "0 */2 * * *"
    else:
        schedule = "…"
    yield Flaw(
        "warning",
        f"its runs take {_told(seconds)} (median), and the next is due after {_told(period)}: it runs without "
        "a pause, and the "
        "firings it misses queue up",
        f"-- make it faster, or let it run more rarely:\n{alter(examined.entry, schedule=schedule)}",
    )


def over(examined: Examined, world: World) -> tuple[float, float] | None:
    """The median of the last runs and the period, in seconds, where the first is longer; None elsewhere."""
    lengths = [
        (run.end - run.start).total_seconds()
        for run in world.runs(examined.entry)
        if run.status == "succeeded" and run.start is not None and run.end is not None
    ]
    period = _period(world.parsed(examined.entry.schedule)[-1])
    if len(lengths) < 3 or period is None:
        return None
    middle = median(lengths)
    return (middle, period) if middle > period else None


def _period(parsed: Parsed | None) -> float | None:
    if isinstance(parsed, Interval):
        return parsed.seconds
    if isinstance(parsed, Fields) and not rate.firings(parsed).never:
        return rate.gap_seconds(parsed)
    return None


def _told(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


RULE = Rule("Runs longer than their period", entry=_check)
