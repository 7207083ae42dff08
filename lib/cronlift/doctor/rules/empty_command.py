"""A command without a statement. pg_cron 1.4.2 in background worker mode never ends such a run (measured)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import unschedule
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    if examined.error or examined.top:
        return
    stuck = ", and with background workers the first run stays 'running' for ever"
    yield Flaw(
        "error",
        "the command holds no statement: nothing is ever "
        f"done{stuck if world.server.get('background_workers') == 'on' else ''}",
        unschedule(examined.entry),
    )


RULE = Rule("The command is empty", entry=_check)
