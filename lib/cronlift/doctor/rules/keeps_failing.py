"""All of an entry's latest runs failed, and no rule above says why."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World

RUNS = 3


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    ended = [r for r in world.runs(examined.entry) if r.status in ("succeeded", "failed")]
    failed = ended[:RUNS]
    if len(failed) < RUNS or any(r.status != "failed" for r in failed):
        return
    if any(
        r.message.strip() in ("server restarted", "job canceled") or r.message.startswith("connection failed")
        for r in failed
    ):
        return
    failed_in_a_row = next((n for n, r in enumerate(ended) if r.status != "failed"), len(ended))
    said = failed[0].message.strip().splitlines()[0] if failed[0].message.strip() else "no message"
    yield Flaw(
        "error",
        f"its last {failed_in_a_row} recorded runs all failed: {said}",
        f"SELECT start_time, return_message FROM cron.job_run_details WHERE jobid = {examined.entry.jobid} "
        "ORDER BY runid DESC LIMIT 5;",
    )


RULE = Rule("Runs that all fail", entry=_check)
