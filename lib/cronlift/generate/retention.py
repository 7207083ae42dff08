"""Retention as planned entries: pg_cron deletes nothing from its history by itself, nor the runner from the run log.

A plan like any other, of its own run folder: shown, installed and taken back by the same commands. Its entries are a
command alone, or a call of a procedure that the schema of managed jobs brings along.
"""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.generate import catalog, names, script
from cronlift.generate.quoting import Text, template, text_of
from cronlift.generate.refusal import RefusalError
from cronlift.model.document import digest
from cronlift.model.plan import Migration, Plan, PlannedJob, Refused, ScheduleVerdict, Target
from cronlift.postgres import identity
from cronlift.postgres.server import Connection, Server

SCHEDULES = {"history": "23 3 * * *", "run_log": "53 3 * * *"}
"""Once a day, at minutes that few entries are written for."""


def retention(server: Server, days: int, *, role: str | None = None, run_id: str = "") -> Plan:
    """Plan an entry that deletes from ``cron.job_run_details`` what is older than ``days``, and one for the run log
    where managed jobs have one, both as ``role`` (default: the role the application works as). Reads catalogs only.

    What cannot be planned is in ``refused``, with the GRANT. Raises ServerError where the databases cannot be read.
    """
    target = identity.target(server)
    name = role or target.app_role
    planned: list[PlannedJob] = []
    refused: list[Refused] = []
    with server.connect(target.cron_database) as cron:
        _plan(cron, "history", target, name, days, planned, refused)
    with server.connect(target.database) as app:
        if app.execute("SELECT pg_catalog.to_regclass('cronlift.run_log')").fetchone() != (None,):
            _plan(app, "run_log", target, name, days, planned, refused)
    return Plan(
        run_id=run_id,
        app="",
        target=target,
        jobs=tuple(planned),
        refused=tuple(refused),
        up_sql=script.up(planned, target) if planned else "",
        down_sql=script.down(planned, target) if planned else "",
        migration=Migration(file="migration.exs", text=""),
        patch="",
    )


def _plan(
    connection: Connection,
    what: str,
    target: Target,
    role: str,
    days: int,
    planned: list[PlannedJob],
    refused: list[Refused],
) -> None:
    try:
        _check(connection, what, role)
    except RefusalError as error:
        refused.append(Refused(id=f"cronlift:retention-{what}", code=error.code, why=error.why))
        return
    planned.append(_job(what, target, role, days, tuple(_warnings(connection, what, role))))


def _check(connection: Connection, what: str, role: str) -> None:
    """Raises RefusalError where the role could not do it."""
    if not catalog.role(connection, role).can_login:
        raise RefusalError("role-cannot-log-in", f"pg_cron starts no job for role {role}, which has no LOGIN")
    row = connection.execute(template(f"retention/{what}_rights"), {"role": role}).fetchone()
    assert row is not None
    held, grant = row[-2:]
    if len(row) == 3 and not row[0]:
        raise RefusalError(
            "no-prune", "the schema cronlift here is older than this cronlift: install a managed job anew"
        )
    if not held:
        raise RefusalError("missing-privilege", f"role {role} may not delete there; it needs: {grant}")


def _warnings(connection: Connection, what: str, role: str) -> Iterator[str]:
    if what == "history" and not catalog.role(connection, role).superuser:
        yield (
            f"row-level security lets {role} delete the runs of its own entries only; for those of all roles name a "
            "superuser (--role)"
        )


def _job(what: str, target: Target, role: str, days: int, warnings: tuple[str, ...]) -> PlannedJob:
    command = text_of(template(f"retention/{what}", keep=Text(f"{days} days")))
    schedule = SCHEDULES[what]
    return PlannedJob(
        id=f"cronlift:retention-{what}",
        worker=f"cronlift.retention-{what}",
        cron_name=names.cron_name(target.database, f"retention-{what}"),
        schedule=ScheduleVerdict(
            source=schedule,
            dialect="pg_cron",
            timezone=target.cron_timezone,
            pg_cron=schedule,
            guard=None,
            equal="proved",
            horizon="written for pg_cron",
        ),
        call=command,
        command=command,
        job_role=role,
        schema_name=None,
        procedure=None,
        procedure_sql=None,
        commits=False,
        steps=(),
        losses=(),
        warnings=warnings,
        database=target.cron_database if what == "history" else None,
        config_file=f"sql/retention/{what}.sql",
        config_line=1,
        hash=digest({"procedure": None, "command": command, "schedule": schedule}),
    )
