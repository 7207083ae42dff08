"""A schedule pg_cron refuses. ``cron.schedule`` would have refused it; a row inserted by hand, or left by an older
version, is only logged by the launcher (``invalid pg_cron schedule for job …``) and never runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    parsed = world.parsed(entry.schedule)
    if any(p is not None for p in parsed):
        if parsed[-1] is None:
            refuse = f"pg_cron 1.6.5 and later refuse the schedule {entry.schedule!r} (a step beyond its field)"
            text = f"{refuse}: after an upgrade it never runs"
            yield Flaw("warning", text, f"-- write the values out, or a smaller step:\n{alter(entry, schedule='…')}")
        return
    yield Flaw(
        "error",
        f"it never runs: pg_cron {world.version} does not accept the schedule {entry.schedule!r}{_why(entry.schedule)}",
        f"-- five fields: minute hour day-of-month month day-of-week\n{alter(entry, schedule=_guess(entry.schedule))}",
    )


def _why(schedule: str) -> str:
    if re.search(r"second", schedule, re.I):
        return " (intervals in seconds: 1 to 59, pg_cron 1.5 and later)"
    if re.fullmatch(r"@\w+.*", schedule):
        return " (it knows @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually, @reboot)"
    if len(schedule.split()) < 5:
        return " (it has five fields)"
    for mark in ("L", "W", "?", "H", "$"):
        if mark in schedule:
            return (
                f" ({mark} is another scheduler's)"
                if mark != "$"
                else " ($, the last day of a month, is known from 1.6 on)"
            )
    if re.search(r"(?:^|\s|,)\d+/\d+", schedule):
        return " (a start with a step is written 5-59/15)"
    return ""


def _guess(schedule: str) -> str:
    """The schedule with what can be corrected corrected."""
    fields = schedule.split()
    highest = (59, 23, 31, 12, 6)
    if len(fields) == 5:
        fixed = [
            re.sub(r"(?<![\d*-])(\d+)/(\d+)", rf"\1-{high}/\2", f) for f, high in zip(fields, highest, strict=True)
        ]
        return " ".join("*" if f == "?" else f for f in fixed)
    return "0 3 * * *"


RULE = Rule("A schedule that pg_cron refuses", entry=_check)
