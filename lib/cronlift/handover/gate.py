"""The gate's rows: reading where jobs stand, and the one update that switches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from cronlift import resources
from cronlift.errors import SafetyError
from cronlift.installation import state
from cronlift.model.handover import GateState
from cronlift.model.plan import Plan
from cronlift.postgres.server import Connection

OPEN: tuple[GateState, ...] = ("started", "completed", "paused")
"""The states in which pg_cron owns the job from ``pg_from`` on, without an end."""


@dataclass(frozen=True)
class Row:
    """Where one job stands. ``here``: the row was made for this very database."""

    job: str
    state: GateState
    pg_from: datetime | None
    pg_until: datetime | None
    flat: bool
    resumes: GateState | None
    schedule: str
    timezone: str
    guard: str | None
    plan_hash: str
    here: bool


@dataclass(frozen=True)
class Switch:
    """What a row is to become, and until when (the server's clock) that may be committed. ``rows_from`` and
    ``rows_until``: ``Moment.rows_at`` of a new ``pg_from`` or ``pg_until`` (None: that instant itself)."""

    job: str
    state: GateState
    pg_from: datetime | None
    pg_until: datetime | None
    flat: bool = False
    resumes: GateState | None = None
    deadline: datetime | None = None
    rows_from: datetime | None = None
    rows_until: datetime | None = None


@dataclass(frozen=True)
class Runs:
    """A job's runs: under way, retries to come, and the latest tick pg_cron owned with the state of its run (None: it
    was not run, or there was none)."""

    running: int
    retries: int
    tick: datetime | None
    state: str | None


def rows(connection: Connection, jobs: Sequence[str]) -> dict[str, Row]:
    """Where the jobs stand; one that has no row is left out."""
    if not state.has_schema(connection):
        return {}
    found = connection.execute(resources.sql("handover/gate_rows"), {"jobs": list(jobs)}).fetchall()
    return {str(row[0]): Row(*row) for row in found}  # type: ignore[arg-type]


def lock(connection: Connection, jobs: Sequence[str]) -> None:
    """Keep other acts off these rows until the transaction ends."""
    connection.execute(resources.sql("handover/gate_lock"), {"jobs": list(jobs)})


def switch(connection: Connection, switches: Sequence[Switch]) -> bool:
    """The update, in the caller's transaction; False where a deadline had passed (the caller rolls back)."""
    done = connection.execute(resources.sql("handover/switch"), values(switches)).fetchall()
    return len(done) == len(switches)


def values(switches: Sequence[Switch]) -> dict[str, Any]:
    """What the update (sql/handover/switch.sql) is given."""
    return {
        "jobs": [s.job for s in switches],
        "states": [s.state for s in switches],
        "froms": [s.pg_from for s in switches],
        "untils": [s.pg_until for s in switches],
        "rows_from": [s.rows_from for s in switches],
        "rows_until": [s.rows_until for s in switches],
        "flats": [s.flat for s in switches],
        "resumes": [s.resumes for s in switches],
        "deadlines": [s.deadline for s in switches],
    }


def runs(connection: Connection, jobs: Sequence[str], now: datetime) -> dict[str, Runs]:
    """The jobs' runs as the log has them."""
    found = connection.execute(resources.sql("handover/runs"), {"jobs": list(jobs), "now": now}).fetchall()
    return {str(row[0]): Runs(*row[1:]) for row in found}  # type: ignore[arg-type]


def latest_run(connection: Connection, row: Row) -> str | None:
    """How the job's latest run since its start ended; None where there was none."""
    found = connection.execute(resources.sql("handover/latest_run"), {"job": row.job, "since": row.pg_from}).fetchone()
    return None if found is None else str(found[0])


def clock(connection: Connection) -> datetime:
    """The server's clock."""
    row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
    assert row is not None
    return cast(datetime, row[0])


def require_closed(connection: Connection, plan: Plan) -> None:
    """Raises SafetyError where pg_cron still owns a job of the plan: its procedure and entry must stay."""
    known = rows(connection, [job.id for job in plan.jobs])
    if not known:
        return
    now = clock(connection)
    busy = runs(connection, list(known), now)
    still = [
        f"{row.job}: {row.state}"
        + (f" until {row.pg_until:%Y-%m-%d %H:%M:%S %Z}" if row.pg_until else "")
        + (f", {busy[row.job].running} running" if busy[row.job].running else "")
        for row in known.values()
        if row.state in OPEN or (row.state == "rolled_back" and ((row.pg_until or now) > now or busy[row.job].running))
    ]
    if still:
        raise SafetyError(
            "pg_cron still owns jobs of this plan; nothing was removed",
            where="\n         ".join(still),
            do="give them back first: cronlift jobs rollback --apply, then run the same command again",
        )
