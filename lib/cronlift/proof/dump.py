"""A database put into another one by pg_dump and pg_restore, pg_cron left out (its jobs would run twice)."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from psycopg import pq

from cronlift.postgres.server import Connection, Server
from cronlift.sandbox import clients

_SECONDS = 1800


class DumpError(Exception):
    """It could not be dumped or restored: why, in words."""


def restore_into(server: Server, database: str, other: str) -> None:
    """Dump ``database`` and restore it into ``other``, an empty one of the same server. Raises DumpError."""
    with server.connect(database) as connection:
        major = connection.info.server_version // 10000
        environment = _environment(connection)
    connection.close()
    programs = clients.find(major)
    if programs is None:
        raise DumpError(f"there is no pg_dump of PostgreSQL {major} or later here to dump it")
    environment |= programs.environment
    with tempfile.TemporaryDirectory(prefix="cronlift-dump-") as scratch:
        archive, listing = Path(scratch) / "dump", Path(scratch) / "list"
        # pg_cron's tables belong to its extension, and their rows are dumped apart: both stay behind.
        _run(
            programs.program("pg_dump"),
            ["--format=custom", "--compress=0", "--exclude-schema=cron", f"--file={archive}", database],
            environment,
        )
        entries = _run(programs.program("pg_restore"), ["--list", str(archive)], environment).splitlines()
        listing.write_text("\n".join(line for line in entries if not _of_pg_cron(line)) + "\n", encoding="utf-8")
        _run(
            programs.program("pg_restore"),
            ["--exit-on-error", f"--use-list={listing}", f"--dbname={other}", str(archive)],
            environment,
        )


def _of_pg_cron(line: str) -> bool:
    """Whether a line of the archive's list is pg_cron's: ``1; 3079 16385 EXTENSION - pg_cron``, or its comment."""
    return re.search(r" EXTENSION (- )?(EXTENSION )?\"?pg_cron\"?(\s|$)", line) is not None


def _environment(connection: Connection) -> dict[str, str]:
    """libpq's variables for the server a connection goes to: no password stands on a command line."""
    named = {o.keyword: o.envvar for o in pq.Conninfo.get_defaults() if o.envvar is not None}
    given = {o.keyword: o.val for o in connection.pgconn.info if o.val is not None and o.keyword != b"dbname"}
    variables = {named[word].decode(): value.decode() for word, value in given.items() if word in named}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, **variables}


def _run(program: str, arguments: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            [program, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DumpError(f"{Path(program).name} did not end: {type(error).__name__}") from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise DumpError(f"{Path(program).name} refused: {lines[-1] if lines else 'no words'}")
    return done.stdout
