"""``* 3 * * *``: a star for the minute and one fixed hour is sixty runs, one a minute, where one was meant."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule.dialects.protocol import Fields


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    parsed = world.parsed(entry.schedule)[-1]
    if isinstance(parsed, Fields) and len(parsed.minutes) == 60 and len(parsed.hours) == 1 and parsed.texts[0] == "*":
        hour = f"{min(parsed.hours):02}"
        text = f"it runs 60 times, once a minute from {hour}:00 to {hour}:59 ({entry.schedule!r})"
        yield Flaw("warning", text, alter(entry, schedule=" ".join(["0", *parsed.texts[1:]])))


RULE = Rule("Every minute of one hour", entry=_check)
