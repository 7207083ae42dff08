"""The statements that put one job into the databases and take it out again.

``up.sql``, ``down.sql``, install and rollback all take them from here: what is shown is what is done.
"""

from __future__ import annotations

from psycopg import sql

from cronlift.generate.quoting import Body, Name, Text, Verbatim, quote_ident, template, text_of
from cronlift.model.plan import PlannedJob, Target


def mark(job: PlannedJob) -> str:
    """The procedure's comment: how cronlift knows it as its own, and with what content."""
    return f"cronlift {job.hash} {job.id}"


def create_procedure(job: PlannedJob) -> tuple[sql.Composable, ...]:
    """App database: the procedure, closed to PUBLIC, marked, and owned by the job's role."""
    if job.procedure_sql is None:
        return ()
    name = _procedure(job)
    return (
        Verbatim(job.procedure_sql),
        template("generate/revoke", procedure=name),
        template("generate/mark", procedure=name, mark=Text(mark(job))),
        template("generate/owner", procedure=name, role=Name(job.job_role)),
    )


def drop_procedure(job: PlannedJob) -> tuple[sql.Composable, ...]:
    """App database: the procedure goes if it carries this plan's mark; else an error."""
    if job.procedure_sql is None:
        return ()
    message = f"procedure {signature(job)} is absent or no longer the one cronlift installed"
    return (
        check("drop_guard_body", signature=Text(signature(job)), mark=Text(mark(job)), message=Text(message)),
        template("generate/drop_procedure", procedure=_procedure(job)),
    )


def schedule(job: PlannedJob, target: Target) -> tuple[sql.Composable, ...]:
    """Cron database: the entry, unless one of that name exists; then an error."""
    taken = f"a cron entry named {job.cron_name} exists already"
    entry: dict[str, sql.Composable] = {
        "name": Text(job.cron_name),
        "schedule": Text(job.schedule.pg_cron or ""),
        "command": Text(job.command),
        "database": Text(target.database),
        "role": Text(job.job_role),
    }
    if not target.split:
        return (check("schedule_body", message=Text(taken), **entry),)
    return (
        check("schedule_guard_body", name=entry["name"], message=Text(taken)),
        template("generate/schedule_in_database", **entry),
    )


def unschedule(job: PlannedJob, target: Target) -> tuple[sql.Composable, ...]:
    """Cron database: the entry goes if it is still as planned; else an error."""
    changed = f"the cron entry {job.cron_name} is no longer the one cronlift installed"
    name, role = Text(job.cron_name), Text(job.job_role)
    return (
        check(
            "unschedule_guard_body",
            name=name,
            role=role,
            schedule=Text(job.schedule.pg_cron or ""),
            command=Text(job.command),
            database=Text(target.database),
            message=Text(changed),
        ),
        template("generate/unschedule", name=name, role=role),
    )


def signature(job: PlannedJob) -> str:
    """The procedure as ``regprocedure`` reads it."""
    return f"{quote_ident(job.schema_name or '')}.{quote_ident(job.procedure or '')}()"


def check(body: str, /, **parts: sql.Composable) -> sql.Composed:
    """A DO block from a template's text."""
    lines = text_of(template(f"generate/{body}", **parts))
    return template("generate/do", body=Body(f"\n{lines}\n", "check"))


def _procedure(job: PlannedJob) -> Name:
    return Name(job.schema_name or "", job.procedure or "")
