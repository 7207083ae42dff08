"""Runs that make up missed firings: pg_cron counts what falls due while a run goes on, and starts it back to back
(measured on 1.4.2: four runs within 10 ms after one that blocked)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from cronlift.doctor.entry import Examined
from cronlift.doctor.rules import longer_than_period
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule.dialects.protocol import Fields


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    runs = [r for r in world.runs(examined.entry) if r.start is not None]
    if not isinstance(world.parsed(examined.entry.schedule)[-1], Fields) or longer_than_period.over(examined, world):
        return
    in_minute = Counter(r.start.replace(second=0, microsecond=0) for r in runs if r.start is not None)
    most = max(in_minute.values(), default=0)
    # No schedule of five fields is due twice in a minute.
    crowded = sum(n for n in in_minute.values() if n > 1)
    pairs = list(pairwise(runs))  # newest first: the second of a pair ran before the first
    queued = sum(
        1
        for later, earlier in pairs
        if earlier.end is not None
        and earlier.start is not None
        and later.start is not None
        and 0 <= (later.start - earlier.end).total_seconds() < 1
        and (earlier.end - earlier.start).total_seconds() > 5
    )
    if crowded >= 3 or queued >= 3:
        what = (
            f"{most} of its last runs started within one minute"
            if crowded >= 3
            else f"{queued} of its last runs started the moment the one before ended"
        )
        yield Flaw(
            "warning",
            f"it makes up missed firings: {what}, so that it works on what is not due",
            "-- let a late run skip: begin the job with\n"
            f"--   IF NOT pg_try_advisory_xact_lock({examined.entry.jobid or 1}) THEN RETURN; END IF;\n"
            "-- and see what held it up: SELECT * FROM cron.job_run_details "
            f"WHERE jobid = {examined.entry.jobid} ORDER BY runid DESC LIMIT 20;",
        )


RULE = Rule("A backlog of missed firings", entry=_check)
