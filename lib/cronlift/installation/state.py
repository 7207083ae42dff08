"""What the databases hold under a planned name, compared with the plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Literal

from cronlift import resources
from cronlift.generate.catalog import path_text
from cronlift.generate.procedure import body_of
from cronlift.generate.statements import mark, signature
from cronlift.model.plan import PlannedJob, Target
from cronlift.postgres.server import Connection


@dataclass(frozen=True)
class Found:
    """One object: not there, as planned, or something else (``differences`` says in what).

    ``paused``: a cron entry as planned that somebody has set inactive.
    """

    database: str
    object: Literal["procedure", "cron_entry"]
    name: str
    job: PlannedJob
    state: Literal["absent", "present", "foreign"]
    differences: tuple[str, ...] = ()
    paused: bool = False


def procedure(connection: Connection, job: PlannedJob, target: Target) -> Found:
    """The job's procedure. As planned means all of it: the mark alone survives CREATE OR REPLACE by others."""
    row = connection.execute(
        resources.sql("install/procedure"), {"schema": job.schema_name, "name": job.procedure}
    ).fetchone()
    name = signature(job)
    if row is None:
        return Found(target.database, "procedure", name, job, "absent")
    body, settings, owner, language, is_procedure, definer, public, comment = row
    pinned = [] if job.commits else [f"search_path={path_text(target.search_path)}"]
    differences = [
        *_compared("comment", comment, mark(job)),
        *_compared("kind", "procedure" if is_procedure else "function", "procedure"),
        *_compared("language", language, "plpgsql"),
        *_compared("owner", owner, job.job_role),
        *_compared("settings", settings, pinned),
        *_compared("security", "definer" if definer else "invoker", "invoker"),
        *_compared("executable by PUBLIC", "yes" if public else "no", "no"),
        *_body_diff(str(body), body_of(job.procedure_sql or "")),
    ]
    return Found(target.database, "procedure", name, job, "foreign" if differences else "present", tuple(differences))


def cron_entry(connection: Connection, job: PlannedJob, target: Target) -> Found:
    """The job's cron entry. It has no comment: every column is its identity."""
    rows = connection.execute(resources.sql("install/cron_entries"), {"name": job.cron_name}).fetchall()
    differences: list[str] = []
    for schedule, command, database, username, here, _ in rows:
        differences += [
            *_compared("schedule", schedule, job.schedule.pg_cron),
            *_compared("command", command, job.command),
            *_compared("database", database, target.database),
            *_compared("owner", username, job.job_role),
            *_compared("server", "this one" if here else "another", "this one"),
        ]
    state: Literal["absent", "present", "foreign"] = "absent" if not rows else "present"
    return Found(
        target.cron_database,
        "cron_entry",
        job.cron_name,
        job,
        "foreign" if differences else state,
        tuple(differences),
        paused=any(not active for *_, active in rows),
    )


def _compared(what: str, found: object, planned: object) -> Iterator[str]:
    if found != planned:
        yield f"{what}: found {_shown(found)}, planned {_shown(planned)}"


def _shown(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    return str(value) or "none"


def _body_diff(found: str, planned: str) -> list[str]:
    return list(unified_diff(found.split("\n"), planned.split("\n"), "found", "planned", lineterm=""))
