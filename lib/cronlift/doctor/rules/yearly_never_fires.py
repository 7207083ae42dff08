"""``@yearly`` and ``@annually`` lose their month from pg_cron 1.6.0 on and never fire (entry.c:153: the month bit is
set out of its range, and nobody looks at the result)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule import rate
from cronlift.schedule.dialects.protocol import Fields


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    if not entry.schedule.strip().startswith(("@yearly", "@annually")):
        return
    fix = alter(entry, schedule="0 0 1 1 *")
    parsed = world.parsed(entry.schedule)
    if any(isinstance(p, Fields) and rate.firings(p).never for p in parsed):
        yield Flaw("error", f"it never runs: {entry.schedule.strip()} has no month in pg_cron 1.6", fix)
    elif world.offline or parsed[-1] is not None:
        yield Flaw("advice", f"after an upgrade to pg_cron 1.6 {entry.schedule.strip()} never runs again", fix)


RULE = Rule("@yearly, which pg_cron 1.6 never runs", entry=_check)
