"""Back behind the gate: a flattened job's cron entry calls the runner again, before anything is switched.

The run log knows nothing of the ticks of a flattened job, so it cannot say which of them were run. The gate keeps until
when that was (``flat_until``): no tick before it is run later or asked about. So that no tick falls on both sides, the
entry is changed away from ticks, once the run of the latest one has ended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import psycopg

from cronlift import resources
from cronlift.errors import Pending
from cronlift.generate import command, managed
from cronlift.generate.quoting import Text
from cronlift.handover.flatten import change
from cronlift.handover.operation import Before, instant
from cronlift.installation import refusal, state
from cronlift.installation.patience import GaveUpError, patiently
from cronlift.model.plan import PlannedJob
from cronlift.schedule import next_firings
from cronlift.schedule.guard import NOW

_AWAY = timedelta(seconds=4)
"""So long before a tick the entry is left alone: pg_cron reads its entries anew once a second."""
_STARTS = timedelta(seconds=15)
"""So long after a tick its run is waited for; then pg_cron is taken to have left it out."""
_LEAST = 25.0
"""Seconds of patience at least: enough for a tick and a short run of it to pass."""


def unflatten(before: Before, jobs: Sequence[PlannedJob], wait: float | None) -> None:
    """Put the entries behind the gate again, which is open: nothing else changes.

    Waits for each until no tick is near and no run under way, ``wait`` seconds at most (None: acts at once). Raises
    Pending where a run goes on for longer.
    """
    flat = [job for job in jobs if _is_flat(before, job)]
    until = time.monotonic() + max(wait or 0, _LEAST)
    for job in flat:
        while wait is not None and (why := _not_now(before, job)):
            if time.monotonic() > until:
                raise Pending(
                    f"{job.id}: {why}",
                    do="run the same command again when that is over (--wait waits longer); nothing was changed",
                )
            time.sleep(0.5)
        _log_from_now(before, job)
        change(before, [job], flat=False)


def of_version_before(before: Before, job: PlannedJob) -> PlannedJob:
    """The version that ``job`` supersedes, as far as its cron entry goes: its own plan is another run's, but its gate
    knows all of it."""
    old = job.managed.supersedes if job.managed else None
    row = before.sessions.app.execute(managed.gate_query(Text(old or ""))).fetchone()
    assert row is not None
    facts = cast(dict[str, Any], row[0])
    call, guard = f"CALL {facts['procedure']}()", facts["guard"] and facts["guard"].replace("$1", NOW)
    return job.model_copy(
        update={
            "id": old,
            "cron_name": facts["cron_name"],
            "schedule": job.schedule.model_copy(update={"pg_cron": facts["schedule"], "guard": guard}),
            "call": call,
            "command": command.managed(str(old), call, commits=facts["commits"]),
            "job_role": facts["job_role"],
        }
    )


def _is_flat(before: Before, job: PlannedJob) -> bool:
    """Whether its entry still is: an act that was cut short may have changed it already."""
    found = state.cron_entry(before.sessions.cron, job, before.plan.target, flat=True)
    before.sessions.cron.rollback()
    return found.flat or found.state != "present"


def _not_now(before: Before, job: PlannedJob) -> str:
    """Why the entry must not be changed at this instant; empty where it may be."""
    app, cron, target = before.sessions.app, before.sessions.cron, before.plan.target
    row = app.execute(resources.sql("handover/latest_due"), {"job": job.id}).fetchone()
    app.rollback()
    assert row is not None
    tick, now = cast(tuple[datetime | None, datetime], row)
    asked = {"name": job.cron_name, "command": command.flat(job).command, "database": target.database}
    found = cron.execute(resources.sql("handover/flat_run"), asked).fetchone()
    cron.rollback()
    assert found is not None
    running, latest = cast(tuple[bool, datetime | None], found)
    if running:
        return "a run of its flattened entry is under way"
    if tick is not None and now - tick < _STARTS and (latest is None or latest < tick):
        return f"tick {instant(tick)} has only just come, and no run of it is seen yet"
    following = next_firings(job.schedule.pg_cron or "", now, 1, target.pg_cron_version, target.cron_timezone)
    if following and following[0] - now < _AWAY:
        return f"tick {instant(following[0])} is at hand"
    return ""


def _log_from_now(before: Before, job: PlannedJob) -> None:
    app = before.sessions.app
    query, values = resources.sql("handover/was_flat"), {"job": job.id}
    before.transcript.note_query(app, query, values)
    app.rollback()  # what a look left open there: within it this would never be committed
    try:
        patiently(app, before.server, lambda: app.execute(query, values))
    except GaveUpError as gave_up:
        raise refusal.locked(gave_up, before.plan.target.database, after_first=False) from None
    except psycopg.Error as error:
        raise refusal.refused(error, f"database {before.plan.target.database}") from None
