"""Judging a procedure that somebody wrote by hand: does it do what the application does?"""

from __future__ import annotations

from collections.abc import Sequence

from cronlift import resources
from cronlift.errors import UsageError
from cronlift.generate.quoting import Name, template, text_of
from cronlift.model.plan import Plan, PlannedJob, ScheduleVerdict
from cronlift.model.verdict import ClassifiedJob
from cronlift.model.verification import Check
from cronlift.postgres.server import Connection
from cronlift.proof.case import Case
from cronlift.proof.planned_job import prove
from cronlift.proof.session import sides
from cronlift.verification.context import Context
from cronlift.verification.effects import as_check


def judge(
    context: Context, procedure: str, job_id: str | None, classified: Sequence[ClassifiedJob] = ()
) -> tuple[PlannedJob, Check]:
    """The effects check of ``procedure`` (a name, with or without schema) against what a job's worker does.

    What the worker does is read from the plan's steps and, where the context has a tick of the application's own
    command, seen; with one the job need not be planned, only be among ``classified``. The procedure runs as its owner,
    with that role's settings. Raises UsageError where the job is not clear, there is no such procedure, or no
    disposable database.
    """
    job = _job(context, job_id, classified)
    if context.proof is None:
        raise UsageError(
            "a procedure is judged by running it, which needs a database that may be thrown away",
            do="name a marked copy with --proof-service or --proof-dsn-env",
        )
    server, database = context.proof
    with server.connect(database) as connection:
        judged = _called(connection, context.plan, job, procedure)
        app, role = sides(connection, context.plan.target, judged)
    connection.close()
    worker = context.tick.worker(server, app, context.app) if context.tick else None
    finding = prove(Case(server, database, context.plan.target, judged, app, role, installed=True, worker=worker))
    context.note(job, "by_hand", {"database": database, "procedure": procedure, **finding.details})
    return job, as_check(finding)


def _job(context: Context, job_id: str | None, classified: Sequence[ClassifiedJob]) -> PlannedJob:
    planned = context.plan.jobs
    chosen = [job for job in planned if job_id in (None, job.id, job.worker)]
    if len(chosen) == 1:
        return chosen[0]
    others = [job for job in classified if job_id in (job.id, job.worker)]
    if not chosen and len(others) == 1:
        if context.tick is None:
            raise UsageError(
                f"{others[0].id} is not planned ({others[0].verdict}), so it is not known what it does",
                do="let it be seen: name a command that runs it once, with --app-command",
            )
        return _unplanned(others[0])
    raise UsageError(
        f"the plan has no job {job_id}" if job_id else "which job the procedure stands for is not clear",
        do=f"name one of its jobs with --job: {', '.join(job.id for job in planned)}",
    )


def _unplanned(job: ClassifiedJob) -> PlannedJob:
    """A job of which no statement is taken from reading: its worker is seen, or nothing is known of it."""
    schedule = ScheduleVerdict(
        source=job.schedule or "",
        dialect=job.source,
        timezone=job.timezone,
        pg_cron=None,
        guard=None,
        equal="impossible",
        horizon="not looked at",
    )
    return PlannedJob(
        id=job.id,
        worker=job.worker,
        cron_name=job.id,
        schedule=schedule,
        call="",
        command="",
        job_role="",
        schema_name=None,
        procedure=None,
        procedure_sql=None,
        commits=False,
        steps=(),
        losses=job.losses,
        config_file=job.config.file,
        config_line=job.config.line,
        hash="",
    )


def _called(connection: Connection, plan: Plan, job: PlannedJob, procedure: str) -> PlannedJob:
    """The job as if it had been planned with that procedure."""
    schema, _, name = procedure.removesuffix(";").strip().removesuffix("()").rpartition(".")
    values = {"schema": schema.strip('"') or None, "name": name.strip('"'), "path": list(plan.target.search_path)}
    row = connection.execute(resources.sql("verify/procedure_by_name"), values).fetchone()
    if row is None:
        raise UsageError(
            f"there is no procedure {procedure} without arguments",
            where=f"database {connection.info.dbname}",
            do="create it there first; a name with capitals is written as it is stored",
        )
    home, name, owner = map(str, row)
    return job.model_copy(
        update={
            "schema_name": home,
            "procedure": name,
            "procedure_sql": "-- by hand",
            "call": text_of(template("generate/call", procedure=Name(home, name))),
            "job_role": owner,
        }
    )
