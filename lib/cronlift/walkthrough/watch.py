"""The real runs of moved jobs as pg_cron records them, and when the next ones are due. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cronlift import resources
from cronlift.errors import CronliftError
from cronlift.generate import command
from cronlift.model.handover import CLOSED
from cronlift.model.plan import Plan, PlannedJob
from cronlift.notebook.display import Badge, Cell, Code, Table, Tone
from cronlift.postgres.server import Connection
from cronlift.schedule import next_firings
from cronlift.verification.gated import Standing

SHUT = "gate shut"
"""The status of a job that waits for ``cronlift jobs start``."""

_TONES: dict[str, Tone] = {"succeeded": "green", "failed": "red", "running": "pending", "starting": "pending"}


@dataclass(frozen=True)
class Seen:
    """One entry: its next instant, and its latest run where there is one."""

    job: PlannedJob
    due: datetime | None
    status: str
    started: datetime | None
    message: str


def look(
    connection: Connection, plan: Plan, gates: Mapping[str, Standing], now: datetime | None = None
) -> tuple[Seen, ...]:
    """Every entry of the plan, as the database pg_cron lives in has it just now (rolls the reading back); of a job
    behind one of ``gates`` the run log speaks, since pg_cron's record counts runs that a shut gate held back."""
    moment = now or datetime.now(UTC)
    found = []
    for job in plan.jobs:
        gate = gates.get(job.id)
        if gate is not None and (not gate.flat or gate.state in CLOSED):
            found.append(_gated(job, gate, _due(job, plan, moment)))
            continue
        runs = command.flat(job).command if gate else job.command
        values = {
            "name": job.cron_name, "role": job.job_role, "command": runs, "database": plan.target.database,
        }  # fmt: skip
        row = connection.execute(resources.sql("verify/entry_runs"), values).fetchone()
        due = _due(job, plan, moment)
        if row is None:
            found.append(Seen(job, due, "", None, ""))
        else:
            _, status, message, started, *_ = row
            at = started.astimezone(UTC) if isinstance(started, datetime) else None
            found.append(Seen(job, due, str(status), at, str(message or "").strip()))
    connection.rollback()
    return tuple(found)


def _gated(job: PlannedJob, gate: Standing, due: datetime | None) -> Seen:
    if gate.state in CLOSED:
        runs = f"pg_cron runs {gate.other}" if gate.other else "the application runs it"
        return Seen(job, due, SHUT, None, f"{runs} until cronlift jobs start")
    return Seen(job, due, gate.ended or "", gate.tick and gate.tick.astimezone(UTC), (gate.message or "").strip())


def table(seen: tuple[Seen, ...], now: datetime | None = None) -> Table:
    """For people: what has run, and what is still to come."""
    moment = now or datetime.now(UTC)
    rows: list[tuple[Cell, ...]] = []
    for one in seen:
        ran = f"{one.started:%H:%M:%S}: {one.message}" if one.started else one.message or "not yet"
        state = Badge(one.status or "waiting", _TONES.get(one.status, "plain"))
        rows.append((Code(one.job.cron_name), state, ran, _in(one.due, moment)))
    return Table(("cron entry", "latest run", "when, and what pg_cron noted (UTC)", "next tick"), rows)


def _in(due: datetime | None, now: datetime) -> str:
    if due is None:
        return ""
    seconds = max(0, int((due - now).total_seconds()))
    hours, minutes = divmod(seconds // 60, 60)
    left = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{seconds} s"
    return f"{due:%a %H:%M} UTC, in {left}"


def _due(job: PlannedJob, plan: Plan, now: datetime) -> datetime | None:
    try:
        found = next_firings(job.schedule.pg_cron or "", now, 1, plan.target.pg_cron_version, plan.target.cron_timezone)
    except CronliftError:
        return None
    return found[0] if found else None
