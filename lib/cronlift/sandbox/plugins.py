"""What a sandbox's PostgreSQL needs besides pg_cron for some things: the output plugin wal2json of change streams."""

from __future__ import annotations

from collections.abc import Callable

from psycopg import sql

from cronlift import resources
from cronlift.errors import ServerError
from cronlift.sandbox import packages
from cronlift.sandbox.private_server import Sandbox

PACKAGE = "postgresql-NN-wal2json"


def provide_wal2json(sandbox: Sandbox, progress: Callable[[str], None] = lambda text: None) -> None:
    """See that the sandbox's programs have wal2json beside them and its server lets it be used; no restart is needed.

    It is added to programs that cronlift downloaded. Raises ServerError where it is not there and cannot be had: other
    programs are not ours to add to.
    """
    bindir = sandbox.programs.bindir
    if any((bindir.parent / "lib" / f"wal2json{suffix}").is_file() for suffix in (".so", ".dylib")):
        _allow(sandbox)
        return
    tree = bindir.parents[4]
    if not bindir.match("usr/lib/postgresql/*/bin") or tree.parent.name != "postgresql":
        raise ServerError(
            "this PostgreSQL has no output plugin wal2json",
            where=str(bindir),
            do=f"install it (Debian, Ubuntu: {PACKAGE.replace('NN', str(sandbox.programs.major))})",
        )
    packages.add(tree, PACKAGE, sandbox.programs.major, progress)
    _allow(sandbox)


def _allow(sandbox: Sandbox) -> None:
    with sandbox.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        for _ in range(100):
            row = connection.execute(resources.sql("sandbox/output_plugins")).fetchone()
            if row is None or "wal2json" in str(row[0]):
                break
            # One constant for each: a single one with commas in it would count as one library.
            allowed = sql.SQL(", ").join(sql.Literal(name.strip()) for name in f"{row[0]},wal2json".split(","))
            connection.execute(sql.SQL("ALTER SYSTEM SET output_plugin_libraries = {}").format(allowed))
            connection.execute("SELECT pg_catalog.pg_reload_conf(), pg_catalog.pg_sleep(0.1)")
    connection.close()
