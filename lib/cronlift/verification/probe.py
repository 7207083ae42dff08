"""Probes: a second entry with the same command, owner and database, for one minute, taken away again.

All jobs' probes are for the same minute. An entry names minute, hour, day and month, so that one that could not be
taken away (a crash of the machine) fires once a year at most.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.generate import statements
from cronlift.model.plan import PlannedJob, Target
from cronlift.postgres.capabilities import Capabilities
from cronlift.postgres.server import Connection, Server

PREFIX = "cronlift-probe/"
LEAD = 4.0
"""Seconds before a minute in which the launcher, which looks for new entries once a second, may miss it."""
PATIENCE = 100.0
"""Seconds to wait for runs to end, from scheduling on."""


@dataclass(frozen=True)
class Result:
    """What pg_cron recorded of one probe, or why there is nothing."""

    row: dict[str, Any] | None
    status: Literal["failed", "not_checked", "pending"] = "failed"
    problem: str = ""


def run(jobs: Sequence[PlannedJob], target: Target, server: Server, pg_cron: Capabilities) -> Mapping[str, Result]:
    """Schedule a probe for each job, wait until all have ended (at most PATIENCE), and take them away again."""
    token = secrets.token_hex(4)
    names = {f"{PREFIX}{token}/{number}": job for number, job in enumerate(jobs, 1)}
    connection = server.connect_cron(read_only=False)
    try:
        connection.autocommit = True
        with _scheduled(connection, names, target, pg_cron) as ids:
            rows = _awaited(connection, ids)
        return {job.id: _result(rows.get(ids[name]), pg_cron) for name, job in names.items()}
    except psycopg.Error as error:
        why = (error.diag.message_primary or type(error).__name__).splitlines()[0]
        return {job.id: Result(None, "not_checked", f"no entry could be made: {why}") for job in jobs}
    finally:
        connection.close()


@contextmanager
def _scheduled(
    connection: Connection, names: Mapping[str, PlannedJob], target: Target, pg_cron: Capabilities
) -> Iterator[dict[str, int]]:
    try:
        expression = _minute(connection, pg_cron)
        with connection.transaction():
            for name, job in names.items():
                probe = job.model_copy(
                    update={"cron_name": name, "schedule": job.schedule.model_copy(update={"pg_cron": expression})}
                )
                for statement in statements.schedule(probe, target):
                    connection.execute(sql.Composed([statement]))
        rows = connection.execute(resources.sql("verify/probe_ids"), {"names": list(names)}).fetchall()
        yield {str(name): int(str(jobid)) for name, jobid in rows}
    finally:
        connection.execute(resources.sql("verify/probe_remove"), {"names": list(names)})


def _minute(connection: Connection, pg_cron: Capabilities) -> str:
    """The next minute far enough away, as an expression on pg_cron's own clock."""
    row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    next_minute = (row[0].astimezone(UTC) + timedelta(seconds=LEAD)).replace(second=0, microsecond=0)
    zone = UTC if pg_cron.timezone in ("GMT", "UTC") else ZoneInfo(pg_cron.timezone)
    at = (next_minute + timedelta(minutes=1)).astimezone(zone)
    return f"{at.minute} {at.hour} {at.day} {at.month} *"


def _awaited(connection: Connection, ids: Mapping[str, int]) -> dict[int, dict[str, Any]]:
    deadline = time.monotonic() + PATIENCE
    while True:
        rows = connection.execute(resources.sql("verify/probe_runs"), {"jobids": list(ids.values())}).fetchall()
        found = {int(str(row[0])): _row(row) for row in rows}
        ended = [r for r in found.values() if r["status"] in ("succeeded", "failed")]
        if len(ended) == len(ids) or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def _result(row: dict[str, Any] | None, pg_cron: Capabilities) -> Result:
    if row is None:
        return Result(None, "failed", "pg_cron did not start it in the minute it was scheduled for")
    if row["status"] not in ("succeeded", "failed"):
        return Result(None, "pending", "pg_cron started it, and it had not ended when the probe was taken away")
    return Result(row)


def _row(row: tuple[object, ...]) -> dict[str, Any]:
    names = ("jobid", "runid", "status", "return_message", "start_time", "end_time", "database", "username", "command")
    return {n: v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for n, v in zip(names, row, strict=True)}
