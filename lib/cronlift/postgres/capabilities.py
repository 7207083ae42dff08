"""What a server's pg_cron can do, and whether it is at work."""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg.rows import dict_row

from cronlift import resources
from cronlift.errors import ServerError
from cronlift.postgres.server import Connection, is_direct, read_settings_grant


@dataclass(frozen=True)
class Capabilities:
    """pg_cron as one server has it.

    ``version`` is major.minor of the extension; ``timezone`` the one schedules are read in;
    ``launcher_alive`` None where the role may not see; ``pooled`` where a pooler stands between (session
    locks do not hold through one).
    """

    database: str
    database_oid: int
    version: str
    timezone: str
    background_workers: bool
    max_running_jobs: int
    host: str
    launcher_alive: bool | None
    pooled: bool


def of(connection: Connection) -> Capabilities:
    """Ask the database pg_cron lives in (``Server.connect_cron``). Leaves the connection's transaction open.

    Before version 1.5 schedules are read in GMT, whatever somebody set: pg_cron 1.4.2 calls gmtime() and does
    not define ``cron.timezone`` (PostgreSQL keeps unknown settings with a dot in their name as placeholders).
    Raises ServerError where pg_cron is not there or not loaded, or its settings may not be read.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(resources.sql("identity_cron")).fetchone()
        launcher = cursor.execute(resources.sql("capabilities_launcher")).fetchone()
    assert row is not None
    assert launcher is not None
    where = f"database {row['database']}"
    if row["version"] is None:
        raise ServerError("the database has no extension pg_cron", where=where, do="CREATE EXTENSION pg_cron")
    if not row["settings_readable"]:
        raise ServerError(
            "pg_cron's settings (time zone, mode) may not be read by this role",
            where=where,
            do=f"as a superuser: {read_settings_grant(connection)}",
        )
    if not row["library_loaded"]:
        raise ServerError(
            "the extension pg_cron is there, but the server has not loaded its library: nothing would ever run",
            where=where,
            do="add pg_cron to shared_preload_libraries and restart the server",
        )
    return Capabilities(
        database=row["database"],
        database_oid=row["database_oid"],
        version=major_minor(row["version"]),
        timezone=row["timezone"] or "GMT",
        background_workers=row["background_workers"] == "on",
        max_running_jobs=int(row["max_running_jobs"] or 0),
        host=row["host"] or "",
        launcher_alive=launcher["launcher_alive"],
        pooled=not is_direct(connection),
    )


def major_minor(version: str) -> str:
    """``1.4`` of the ``1.4-1`` or ``1.4.2`` that a catalog says."""
    match = re.match(r"\d+\.\d+", version)
    return match[0] if match else version
