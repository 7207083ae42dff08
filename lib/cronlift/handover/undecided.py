"""Ticks of pg_cron's that nobody ran, once a job is given back: named, and settled as a person answers.

pg_cron may have been stopped or held up: what it did not run by then it runs late, or never. Each such tick is either
run once, now, through the runner, or left out; in the log either way, so that a run which pg_cron still starts for it
finds it taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from cronlift import resources
from cronlift.handover import by_hand
from cronlift.handover.gate import Row
from cronlift.handover.operation import Before, instant
from cronlift.installation.patience import patiently
from cronlift.model.plan import PlannedJob, entry_of
from cronlift.schedule import firings_between

Answer = Literal["run", "skip"]

REACH = timedelta(days=1)
"""How far back the log is looked through: it is kept for a day at least (sql/handover/prune.sql)."""
_NAMED = 12
"""How many ticks of a job are named, at most."""


def ticks(before: Before, row: Row, until: datetime, latest: datetime | None) -> list[datetime]:
    """The job's undecided ticks of the last day before ``until``, and ``latest``, its last one, whenever that was."""
    since = max(until - REACH, row.pg_from) if row.pg_from else until - REACH
    version = before.plan.target.pg_cron_version
    firings = {f for f in firings_between(row.schedule, since, until, version, row.timezone) if f < until}
    return _open(before, row.job, sorted(firings | ({latest} if latest else set())))


def named(job: str, open_ticks: Sequence[datetime]) -> str:
    """One line that names them and says how to answer."""
    last = [instant(at) or "" for at in open_ticks[-_NAMED:]]
    more = len(open_ticks) - len(last)
    earlier = f"{more} more from {instant(open_ticks[0])} on, and " if more else ""
    what = "its last tick" if len(open_ticks) == 1 else f"{len(open_ticks)} ticks"
    return (
        f"{job}: nobody ran {what}: {earlier}{', '.join(last)}; run the same command with --undecided run (each once, "
        f"now) or --undecided skip (left out)"
    )


def settle(before: Before, job: PlannedJob, open_ticks: Sequence[datetime], answer: Answer) -> str:
    """Run each of the ticks once, the earliest first, or log that they are left out. Raises Finding where a run fails:
    the same command goes on behind it."""
    if answer == "skip":
        app = before.sessions.app
        parameters = {"job": job.id, "ticks": list(open_ticks)}
        query = resources.sql("handover/decide")
        before.transcript.note_query(app, query, parameters)
        app.rollback()
        patiently(app, before.server, lambda: app.execute(query, parameters))
        return f"{job.id}: {_count(open_ticks)} left out by decision"
    for at in open_ticks:
        # One that follows another job may have been run behind that just now.
        if _open(before, job.id, [at]):
            by_hand.run_once(before.plan, before.server, job, at, before.transcript)
    return f"{job.id}: {_count(open_ticks)} run by decision"


def _open(before: Before, job: str, firings: Sequence[datetime]) -> list[datetime]:
    app = before.sessions.app
    found = app.execute(resources.sql("handover/undecided"), {"job": job, "firings": list(firings)}).fetchall()
    app.rollback()
    return [at for (at,) in found]  # type: ignore[misc]


def depth(before: Before, job: PlannedJob) -> int:
    """How many jobs run before it, one after the other, where it follows some."""
    by_id = {entry_of(one.id): one for one in before.jobs}
    lead = entry_of(job.managed.follows) if job.managed and job.managed.follows else None
    return 1 + depth(before, by_id[lead]) if lead in by_id else 0


def _count(open_ticks: Sequence[datetime]) -> str:
    first, last = instant(open_ticks[0]), instant(open_ticks[-1])
    return f"tick {first}" if len(open_ticks) == 1 else f"{len(open_ticks)} ticks from {first} to {last}"
