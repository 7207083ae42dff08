"""What makes an object the planned one: every fact that install settles about it.

The databases answer in the same words (``sql/install/procedure_facts.sql``, ``entry_facts.sql``), to Python and to
``up.sql``/``down.sql`` alike, so that "as planned" means one thing.
"""

from __future__ import annotations

import hashlib

from psycopg import sql

from cronlift.generate.catalog import path_text
from cronlift.generate.procedure import body_of
from cronlift.generate.quoting import template
from cronlift.generate.statements import mark
from cronlift.model.plan import PlannedJob, Target

Facts = dict[str, str | None]


def procedure(job: PlannedJob, target: Target) -> Facts:
    """The job's procedure. All of it: the mark alone survives CREATE OR REPLACE by others."""
    return {
        "kind": "procedure",
        "language": "plpgsql",
        "owner": job.job_role,
        "settings": None if job.commits else f"search_path={path_text(target.search_path)}",
        "security": "invoker",
        "grants": job.job_role,
        "comment": mark(job),
        "sha256 of the body": content(job),
    }


def content(job: PlannedJob) -> str:
    """SHA-256 (hex) of the body of the job's procedure, as UTF-8."""
    return hashlib.sha256(body_of(job.procedure_sql or "").encode()).hexdigest()


def entry(job: PlannedJob, target: Target) -> Facts:
    """The job's cron entry. It has no comment: every column is its identity."""
    return {
        "schedule": job.schedule.pg_cron,
        "command": job.command,
        "database": job.database or target.database,
        "owner": job.job_role,
        "server": "this one",
    }


def procedure_query(schema: sql.Composable, name: sql.Composable) -> sql.Composed:
    """The query for a procedure's facts and body; no row where there is none."""
    return template("install/procedure_facts", schema=schema, name=name)


def entry_query(name: sql.Composable) -> sql.Composed:
    """The query for the facts of every cron entry of a name, and whether it is active."""
    return template("install/entry_facts", name=name)
