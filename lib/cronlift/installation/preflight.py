"""Before the act: what the connected role must be able to do, and the GRANT for each thing it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from cronlift import resources
from cronlift.errors import ServerError
from cronlift.generate import managed
from cronlift.generate.quoting import connect
from cronlift.installation import act, refusal
from cronlift.installation.act import Way
from cronlift.installation.sessions import Sessions
from cronlift.installation.state import Found
from cronlift.model.installation import Right
from cronlift.model.plan import Plan
from cronlift.postgres.server import Connection


def rights(plan: Plan, sessions: Sessions, found: Sequence[Found], way: Way) -> tuple[Right, ...]:
    """Every right that what is left to do needs, held or not; none where nothing is left to do. Read-only.

    The questions, with the source of each, are in ``sql/install/rights_app.sql`` and ``rights_cron.sql``, and of a
    managed plan in ``sql/handover/rights.sql``.
    """
    to_do = [f for f in found if act.to_do(f, way)]
    procedures = [f.job for f in to_do if f.object == "procedure" and f.job]
    asked: list[Right] = []
    if procedures:
        asked += _ask(
            sessions.app,
            "install/rights_app",
            {
                "way": way,
                "schemas": sorted({str(job.schema_name) for job in procedures}),
                "owners": sorted({job.job_role for job in procedures}),
            },
        )
    if any(f.object in ("schema", "gate", "fence") for f in to_do):
        asked += _ask(
            sessions.app,
            "handover/rights",
            {
                "schema": any(f.object == "schema" for f in to_do),
                "relations": [f.name for f in to_do if f.object == "fence"],
            },
        )
    sweepers = managed.sweepers(plan.jobs, plan.target)
    owners = {f.job.job_role if f.job else sweepers[f.name] for f in to_do if f.object in ("cron_entry", "sweeper")}
    if owners:
        schedule = "schedule_in_database/6" if sessions.split else "schedule/3"
        asked += _ask(
            sessions.cron,
            "install/rights_cron",
            {
                "owners": sorted(owners),
                "functions": [schedule, "unschedule/1"] if way == "install" else ["unschedule/1"],
            },
        )
    return tuple(asked)


def require(needed: Sequence[Right]) -> None:
    """Raises ServerError, with every GRANT that is missing, where a right is not held."""
    missing = [right for right in needed if not right.held]
    if missing:
        raise ServerError(
            "the connected role may not do all that is needed; nothing was changed",
            where="\n         ".join(f"{right.database}: {right.name} ({right.source})" for right in missing),
            do="paste into psql as a superuser (or let a DBA run up.sql or down.sql):\n" + "\n".join(to_paste(needed)),
        )


def to_paste(asked: Sequence[Right]) -> list[str]:
    """The lines for psql that give every right that is missing, each in its database."""
    lines: list[str] = []
    for database in dict.fromkeys(right.database for right in asked if not right.held):
        missing = (right.grant for right in asked if right.database == database and not right.held)
        lines += [connect(database), *dict.fromkeys(missing)]
    return lines


def _ask(connection: Connection, file: str, parameters: dict[str, Any]) -> list[Right]:
    try:
        rows = connection.execute(resources.sql(file), parameters).fetchall()
    except psycopg.Error as error:
        raise refusal.refused(error, f"database {connection.info.dbname}") from None
    finally:
        if not connection.closed:
            connection.rollback()
    database = connection.info.dbname
    return [
        Right(database=database, name=str(name), held=bool(held), grant=str(grant), source=str(source))
        for name, held, grant, source in rows
    ]
