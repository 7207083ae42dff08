"""Stage 01: what runs, when and where, from the application's source and (where given) its database."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from cronlift import collector, resources
from cronlift.elixir.project import Project, utf8
from cronlift.errors import ServerError
from cronlift.model.document import Location
from cronlift.model.job import Inventory, Job, NotAnalysed, Observed
from cronlift.sources import sources, startup


@collector.patient()
def inventory(
    app: Path,
    env: str = "prod",
    *,
    connection: psycopg.Connection[Any] | None = None,
    run_id: str = "",
    project: Project | None = None,
) -> Inventory:
    """Every job the application schedules in ``env``, and every place that could not be resolved.

    With a ``connection`` to the application's database the jobs are joined with what its scheduler recorded.
    ``project``: the application, where it has been opened already. Raises UsageError where ``app`` is not one.
    """
    project = project or Project(app)
    jobs: list[Job] = []
    missing: list[NotAnalysed] = []
    for source in sources():
        found, unresolved = source(project, env)
        jobs += found
        missing += unresolved
    jobs = _with_enqueuers(project, _unique(jobs))
    if connection is not None:
        jobs = _observed(connection, jobs)
    return Inventory(
        run_id=run_id,
        app=utf8(project.root.name),
        env=env,
        source_digest=project.digest(),
        jobs=tuple(jobs),
        not_analysed=tuple(missing),
    )


def _unique(jobs: list[Job]) -> list[Job]:
    """Ids are unique: entries of one worker are told apart by their args, else by schedule, else by number."""
    total = Counter(j.id for j in jobs)
    by_args = Counter((j.id, _args(j)) for j in jobs)
    by_schedule = Counter((j.id, _args(j), j.schedule) for j in jobs)
    out: list[Job] = []
    used: Counter[str] = Counter()
    for job in jobs:
        name = job.id
        if total[job.id] > 1:
            parts = [_args(job)] if by_args[(job.id, _args(job))] == 1 else []
            if not parts:
                parts = [p for p in (_args(job), (job.schedule or "").replace(" ", "_")) if p]
            if by_schedule[(job.id, _args(job), job.schedule)] > 1 and job.instance != "Oban":
                parts.append(job.instance)
            name = "/".join((job.id, *(p or "no-args" for p in parts)))
        used[name] += 1
        out.append(job.model_copy(update={"id": name if used[name] == 1 else f"{name}/{used[name]}"}))
    return out


def _args(job: Job) -> str:
    pairs = job.options.args.items()
    return ",".join(f"{k}={v if isinstance(v, str | int) else json.dumps(v, sort_keys=True)}" for k, v in pairs)


def _with_enqueuers(project: Project, jobs: list[Job]) -> list[Job]:
    places = startup.enqueues(project, {j.worker for j in jobs})
    out = []
    for job in jobs:
        where = [
            Location(file=s.file, line=s.line)
            for s in places.get(job.worker, [])
            if (s.file, s.line) != (job.config.file, job.config.line)
        ]
        out.append(job.model_copy(update={"enqueued_by": tuple(dict.fromkeys(where))}))
    return out


def _grant(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(resources.sql("observed_jobs_grant")).fetchone()
    assert row is not None
    return str(row[0])


def _observed(connection: psycopg.Connection[Any], jobs: list[Job]) -> list[Job]:
    """Join with the scheduler's own table; where the database has none, nothing was observed."""
    if connection.execute("SELECT pg_catalog.to_regclass('oban_jobs')").fetchone() == (None,):
        return jobs
    try:
        found = connection.execute(resources.sql("observed_jobs")).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        connection.rollback()
        raise ServerError(
            "the connected role may not read what the scheduler recorded (oban_jobs)",
            where=f"database {connection.info.dbname}",
            do=f"as its owner or a superuser: {_grant(connection)}",
        ) from None
    rows = {(w, json.dumps(a, sort_keys=True)): r for w, a, *r in found}
    out = []
    for job in jobs:
        key = (job.worker, json.dumps(job.options.args, sort_keys=True))
        row = rows.get(key)
        if row and job.kind == "cron":
            runs, failures, p50, p95, last = row
            seen = Observed(runs=runs, failures=failures, p50_ms=p50, p95_ms=p95, last_run=last)
            job = job.model_copy(update={"observed": seen})
        out.append(job)
    return out
