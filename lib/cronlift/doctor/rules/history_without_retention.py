"""``cron.job_run_details`` grows for ever unless an entry prunes it (README of pg_cron); users report sites down by
it."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql import tree

ROWS = 20_000
DAYS = 60


def _check(world: World) -> Iterator[Flaw]:
    if world.offline or world.clone or world.server.get("log_run") == "off":
        return
    for examined in world.examined:
        for unit in examined.units:
            if any(a.name == "job_run_details" and a.mode in ("DELETE", "TRUNCATE") for a in tree.accesses(unit)):
                return
    fix = (
        "SELECT cron.schedule('prune-cron-history', '17 3 * * *', "
        "$$DELETE FROM cron.job_run_details WHERE end_time < now() - interval '14 days'$$);"
    )
    if world.history_rows >= ROWS or (world.history_days >= DAYS and world.history_rows >= ROWS // 20):
        rows, days = world.history_rows, world.history_days
        text = f"no entry prunes cron.job_run_details, which holds {rows:,} rows of {days:.0f} days and grows for ever"
        yield Flaw("warning", text, fix)
    elif any(e.entry.active for e in world.examined):
        yield Flaw("advice", "no entry prunes cron.job_run_details: pg_cron keeps a row of every run for ever", fix)


RULE = Rule("History without retention", server=_check)
