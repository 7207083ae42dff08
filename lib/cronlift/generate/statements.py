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
    """App database: the procedure, closed to all but its owner, marked, and owned by the job's role."""
    if job.procedure_sql is None:
        return ()
    name = _procedure(job)
    return (
        Verbatim(job.procedure_sql),
        template("generate/revoke", procedure=name, grantees=_grantees(job)),
        template("generate/mark", procedure=name, mark=Text(mark(job))),
        template("generate/owner", procedure=name, role=Name(job.job_role)),
    )


def drop_procedure(job: PlannedJob) -> tuple[sql.Composable, ...]:
    """App database: the procedure goes. Whether it is still the planned one, the caller has looked."""
    return () if job.procedure_sql is None else (template("generate/drop_procedure", procedure=_procedure(job)),)


def schedule(job: PlannedJob, target: Target) -> tuple[sql.Composable, ...]:
    """Cron database: the entry. Whether there is one of that name, the caller has looked: pg_cron would overwrite its
    schedule and command, and before 1.6.3 keep its database."""
    expression = job.schedule.pg_cron or ""
    return schedule_entry(job.cron_name, expression, job.command, job.job_role, target, job.database)


def schedule_entry(
    name: str, expression: str, command: str, role: str, target: Target, database: str | None = None
) -> tuple[sql.Composable, ...]:
    """Cron database: an entry by its parts; it runs in the application's database where no other is named."""
    entry: dict[str, sql.Composable] = {
        "name": Text(name),
        "schedule": Text(expression),
        "command": Text(command),
        "database": Text(database or target.database),
        "role": Text(role),
    }
    if target.split:
        return (template("generate/schedule_in_database", **entry),)
    return (block("generate/schedule_body", **entry),)


def unschedule(job: PlannedJob) -> tuple[sql.Composable, ...]:
    """Cron database: the entry goes. Whether it is still the planned one, the caller has looked."""
    return unschedule_entry(job.cron_name, job.job_role)


def unschedule_entry(name: str, role: str) -> tuple[sql.Composable, ...]:
    """Cron database: an entry by its name and owner goes."""
    return (template("generate/unschedule", name=Text(name), role=Text(role)),)


def signature(job: PlannedJob) -> str:
    """The procedure as ``regprocedure`` reads it."""
    return f"{quote_ident(job.schema_name or '')}.{quote_ident(job.procedure or '')}()"


def block(body: str, /, **parts: sql.Composable) -> sql.Composed:
    """A DO block from a template's text."""
    lines = text_of(template(body, **parts))
    return template("generate/do", body=Body(f"\n{lines}\n", "check"))


def _procedure(job: PlannedJob) -> Name:
    return Name(job.schema_name or "", job.procedure or "")


def _grantees(job: PlannedJob) -> Verbatim:
    return Verbatim(", ".join(["PUBLIC", *map(quote_ident, job.default_grantees)]))
