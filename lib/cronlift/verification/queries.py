"""The queries a person keeps at hand after a move, each asked of the database and about the jobs that it is for.

pg_cron records a run at every firing, also where a shut gate held the job back, so of a job behind a gate the run log
speaks. Its failures are in both (the runner raises them again); those before the runner could log in pg_cron's only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from cronlift import resources
from cronlift.installation import state
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.verification import gated

Name = Literal["cron_jobs", "monitor_runs", "monitor_run_log", "monitor_failures"]
QUERIES: tuple[Name, ...] = ("cron_jobs", "monitor_runs", "monitor_run_log", "monitor_failures")


@dataclass(frozen=True)
class Answer:
    """What a query (``sql/<name>.sql``) returned."""

    sql: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


def about(name: Name, plan: Plan, flat: Collection[str]) -> tuple[str, ...]:
    """The names of the entries (for the run log: the ids of the jobs) that a query is about. ``flat``: the ids of the
    managed jobs whose entries call their procedures themselves."""
    behind = {job.id for job in plan.gated if job.procedure is not None} - set(flat)
    if name == "monitor_run_log":
        return tuple(job.id for job in plan.jobs if job.id in behind)
    return tuple(job.cron_name for job in plan.jobs if name != "monitor_runs" or job.id not in behind)


def ask(name: Name, plan: Plan, server: Server) -> Answer:
    """What the query returns just now. Reads only. Raises ServerError where the database cannot be reached."""
    flat = [job for job, standing in gated.standings(plan, server).items() if standing.flat]
    query, of = resources.sql(name), list(about(name, plan, flat))
    log = name == "monitor_run_log"
    with server.connect(plan.target.database) if log else server.connect_cron() as connection:
        if log and not state.has_schema(connection):
            return Answer(query, (), ())
        cursor = connection.execute(query, {"jobs" if log else "names": of})
        answer = Answer(query, tuple(c.name for c in cursor.description or ()), tuple(cursor.fetchall()))
    connection.close()
    return answer
