"""Has pg_cron itself run the job? By a probe on a disposable database; elsewhere by the next real run.

Never an extra run of a real entry: where no run is recorded yet, the check is pending until the next firing, and a
later verification completes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cronlift import resources
from cronlift.errors import CronliftError
from cronlift.generate import command
from cronlift.model.plan import PlannedJob
from cronlift.model.verification import Check
from cronlift.postgres.server import Connection
from cronlift.schedule import next_firings
from cronlift.verification import gated, probe
from cronlift.verification.context import Context

_ENDED = ("succeeded", "failed")


def check(context: Context) -> dict[str, Check]:
    """What pg_cron recorded; with probes, all jobs' in one minute."""
    checks: dict[str, Check] = {}
    waiting: list[PlannedJob] = []
    with context.server.connect_cron() as connection:
        now, records = _clock(connection)
        for job in context.plan.jobs:
            found = context.installed[job.id]
            gate = context.gates.get(job.id)
            if gate is not None:
                context.note(job, "gate", gated.evidence(gate))
            if not found.visible:
                checks[job.id] = _check("not_checked", "the cron entry and its runs cannot be seen")
            elif gate is not None and context.waits(job):
                checks[job.id] = gated.real_run(gate)
            elif not found.runs:
                checks[job.id] = _check("not_installed", "nothing is scheduled")
            else:
                if gate is None or gate.flat:
                    recorded = _recorded(connection, command.flat(job) if gate else job, context, now)
                else:
                    _recorded(connection, job, context, now)
                    recorded = gated.real_run(gate)
                if recorded is not None:
                    checks[job.id] = recorded
                if recorded is None or (context.probe and recorded.status != "failed"):
                    waiting.append(job)
    connection.close()
    for job in waiting if context.pg_cron.launcher_alive is False else ():
        text = "pg_cron's launcher is not running, so nothing will ever run (restart the server)"
        checks[job.id] = _check("failed", text)
    waiting = [job for job in waiting if job.id not in checks or checks[job.id].status != "failed"]
    if context.probe and waiting:
        if records:
            checks |= _probed(waiting, context)
        else:
            checks |= {job.id: _check("not_checked", _NO_RECORDS) for job in waiting}
        waiting = []
    for job in waiting:
        checks.setdefault(job.id, _pending(job, records))
    return checks


_NO_RECORDS = "the server keeps no record of runs (cron.log_run is off), so none can be shown"


def _recorded(connection: Connection, job: PlannedJob, context: Context, now: datetime) -> Check | None:
    """The latest run of the planned command by the entry itself; None where there is none yet."""
    values = {
        "name": job.cron_name, "role": job.job_role, "command": job.command,
        "database": context.plan.target.database,
    }  # fmt: skip
    rows = [_run(row) for row in connection.execute(resources.sql("verify/entry_runs"), values).fetchall()]
    following = _following(job, context, now)
    context.note(job, "next_firing", following)
    if not rows:
        return None
    context.note(job, "runs", rows)
    ended = next((row for row in rows if row["status"] in _ENDED), None)
    if ended is None:
        return _check("pending", "pg_cron has started it; the run has not ended yet")
    failures = sum(row["status"] == "failed" for row in rows)
    lines = [f"{failures} of the last {len(rows)} runs failed"] if failures else []
    if ended["status"] == "failed":
        said = str(ended["return_message"] or "").strip().splitlines()
        return _check("failed", f"its last run by pg_cron failed: {said[0] if said else 'no message'}", lines)
    return _check("passed", "pg_cron has run it on its own schedule, and it succeeded", lines)


def _probed(jobs: Sequence[PlannedJob], context: Context) -> dict[str, Check]:
    # A managed entry asks the gate, which is shut: the probe runs what the runner would call.
    jobs = [command.flat(job) if job.managed else job for job in jobs]
    results = probe.run(jobs, context.plan.target, context.server, context.pg_cron)
    checks = {}
    for job in jobs:
        result = results[job.id]
        context.note(job, "probe", result.row or {"why": result.problem})
        lines = [
            f"probe: an entry of its own ({job.command}, database {context.plan.target.database}, "
            f"as {job.job_role}) at the next minute, removed afterwards; it is no tick of the schedule"
        ]
        if job.schedule.guard is not None:
            lines.append("the entry's guard judges the tick, so the probe may have ended without doing the work")
        if result.row is None:
            checks[job.id] = _check(result.status, f"probe: {result.problem}", lines)
        elif result.row["status"] == "succeeded":
            checks[job.id] = _check("passed", "probe: pg_cron ran the command, and it succeeded", lines)
        else:
            said = str(result.row["return_message"] or "no message").strip().splitlines()[0]
            checks[job.id] = _check("failed", f"probe: pg_cron ran the command, and it failed: {said}", lines)
        if context.pg_cron.background_workers and context.pg_cron.version == "1.4":
            lines.append("end times in evidence.json are not to be trusted: pg_cron 1.4 notes them too early")
            checks[job.id] = checks[job.id].model_copy(update={"evidence": tuple(lines)})
    return checks


def _pending(job: PlannedJob, records: bool) -> Check:
    if not records:
        return _check("not_checked", _NO_RECORDS)
    return _check(
        "pending",
        f"no run yet: pending until the next tick of {job.schedule.pg_cron} (its instant is in evidence.json)",
        ["verify again after it: a run that pg_cron recorded completes this check"],
    )


def _following(job: PlannedJob, context: Context, now: datetime) -> str | None:
    try:
        moments = next_firings(job.schedule.pg_cron or "", now, 1, context.pg_cron.version, context.pg_cron.timezone)
    except CronliftError:
        return None
    return moments[0].isoformat() if moments else None


def _run(row: tuple[object, ...]) -> dict[str, Any]:
    names = ("runid", "status", "return_message", "start_time", "end_time", "database", "username", "command")
    return {n: v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for n, v in zip(names, row, strict=True)}


def _clock(connection: Connection) -> tuple[datetime, bool]:
    row = connection.execute(resources.sql("verify/server_clock")).fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0].astimezone(UTC), bool(row[1])


def _check(status: Any, text: str, evidence: Sequence[str] = ()) -> Check:
    return Check(name="real_run", status=status, text=text, evidence=tuple(evidence))
