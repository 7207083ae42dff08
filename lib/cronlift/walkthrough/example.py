"""The demo application's database in the private server: made from the SQL files that lie beside its source."""

from __future__ import annotations

from collections.abc import Callable

from psycopg import sql

from cronlift import resources, sandbox
from cronlift.errors import SafetyError
from cronlift.postgres import disposable
from cronlift.postgres.server import Connection

FOLDER = resources.root() / "examples" / "demo_app"
DECISIONS = FOLDER / "decisions.yaml"
SCALES = {"10k": 10_000, "200k": 200_000}


def prepare(
    scale: str = "10k",
    *,
    fresh: bool = True,
    name: str = "default",
    progress: Callable[[str], None] = lambda text: None,
) -> dict[str, str]:
    """Start the private server and fill the demo's database; returns libpq's variables for it.

    ``fresh`` throws away what is there, the cron entries for it too; without it a filled database is left alone.
    """
    private = sandbox.up(name, progress=progress)
    with private.server().connect(read_only=False) as connection:
        if not disposable.is_disposable(connection):
            raise SafetyError(
                "the database to fill does not carry the disposable mark",
                where=private.database,
                do=f"use another sandbox, or: cronlift sandbox down --name {name} --remove",
            )
        if fresh or not _filled(connection):
            progress(f"filling database {private.database} ({scale})")
            _unschedule(private)
            _fill(connection, private.database, SCALES[scale])
    return private.environment


def _filled(connection: Connection) -> bool:
    row = connection.execute("SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    return row is not None


def _unschedule(private: sandbox.Sandbox) -> None:
    with private.server(private.cron_database).connect(read_only=False) as connection:
        connection.execute("SELECT cron.unschedule(jobid) FROM cron.job WHERE database = %s", (private.database,))


def _fill(connection: Connection, owner: str, packages: int) -> None:
    role = sql.Identifier(owner)
    connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
    connection.execute("DROP SCHEMA IF EXISTS public, cronlift CASCADE")  # the gates of an earlier demo go, too
    connection.execute(sql.SQL("CREATE SCHEMA public AUTHORIZATION {}").format(role))
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
    connection.execute("SELECT pg_catalog.set_config('cronlift_demo.packages', %s, TRUE)", (str(packages),))
    for name in ("schema.sql", "seed.sql"):  # run as the database's owner: the role the application works as
        connection.execute((FOLDER / "db" / name).read_bytes())
    connection.commit()
    connection.autocommit = True
    connection.execute("ANALYZE")
