"""How long runs took, as each side wrote it down."""

from __future__ import annotations

import json
from typing import Any

import psycopg

from cronlift import resources
from cronlift.model.document import Record
from cronlift.postgres.capabilities import Capabilities
from cronlift.postgres.server import Connection


class Measured(Record):
    """Milliseconds of single runs, the latest first, and who says so; ``doubt``: why they may be wrong ('': nothing is
    known against them)."""

    source: str
    values: tuple[float, ...]
    doubt: str = ""


def of_oban(connection: Connection, worker: str, args: dict[str, Any] | None) -> Measured:
    """The completed runs that Oban's crontab enqueued: from the job's being fetched to its being acknowledged
    (``attempted_at``, ``completed_at``). ``args`` None: those of every entry of the worker. Oban keeps them as long as
    its pruner lets them."""
    asked = {"worker": worker, "args": None if args is None else json.dumps(args)}
    return Measured(source="Oban's own table", values=_values(connection, "compare/oban_runs", asked, "oban_jobs"))


def of_run_log(connection: Connection, job: str) -> Measured:
    """The runs of a managed job: the procedure's own time, inside of its session."""
    return Measured(
        source="the run log", values=_values(connection, "compare/run_log", {"job": job}, "cronlift.run_log")
    )


def of_pg_cron(connection: Connection, name: str, pg_cron: Capabilities) -> Measured:
    """The runs in ``cron.job_run_details``.

    pg_cron 1.4 with background workers takes the end of a run before it has waited for it (``GetBgwTaskFeedback`` in
    src/pg_cron.c): the times it writes then say nothing.
    """
    values = _values(connection, "compare/run_details", {"name": name}, "cron.job_run_details")
    doubt = ""
    if pg_cron.background_workers and _number(pg_cron.version) < (1, 5):
        doubt = f"pg_cron {pg_cron.version} with background workers writes down an end that is not the run's"
    return Measured(source="pg_cron's history", values=values, doubt=doubt)


def _values(connection: Connection, query: str, asked: dict[str, Any], table: str) -> tuple[float, ...]:
    """The query's values; none where the table is not there or may not be read."""
    if connection.execute("SELECT pg_catalog.to_regclass(%s)", (table,)).fetchone() == (None,):
        return ()
    try:
        with connection.transaction():
            rows = connection.execute(resources.sql(query), asked).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        return ()
    return tuple(float(str(ms)) for (ms,) in rows)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
