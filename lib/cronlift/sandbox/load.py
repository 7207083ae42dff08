"""An application's structure (and data) in a database of the sandbox, for people without a staging database."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.errors import ServerError, UsageError
from cronlift.postgres import disposable
from cronlift.postgres.server import Connection
from cronlift.sandbox.private_server import Sandbox
from cronlift.sandbox.scripts import Statement, statements

_EXTENSION = re.compile(r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?(?P<name>[\w-]+)"?', re.IGNORECASE)
_OF_EXTENSION = re.compile(r'COMMENT\s+ON\s+EXTENSION\s+"?(?P<name>[\w-]+)"?', re.IGNORECASE)
_OWNER = re.compile(r'\bOWNER\s+TO\s+(?P<name>"(?:[^"]|"")+"|\w+)', re.IGNORECASE)
_GRANTED = re.compile(
    r'\A(?:GRANT|REVOKE|ALTER\s+DEFAULT\s+PRIVILEGES)\b.*?\b(?:TO|FROM|FOR\s+ROLE)\s+(?P<name>"(?:[^"]|"")+"|\w+)',
    re.IGNORECASE | re.DOTALL,
)
_NO_ROLES = {"public", "current_user", "session_user", "current_role", "pg_database_owner"}
# pg_cron lives in a database of its own here, and a job that came along would run.
_LEFT_OUT = {"pg_cron"}


@dataclass(frozen=True)
class Loaded:
    """``database`` with ``number`` statements done; ``roles`` were made for it; ``skipped``: statements that a missing
    extension made impossible (where that was asked for), each with its place."""

    database: str
    number: int
    roles: tuple[str, ...]
    skipped: tuple[str, ...]


def load(
    sandbox: Sandbox,
    files: Sequence[Path],
    database: str,
    *,
    skip_missing: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Loaded:
    """Make ``database`` and run the files in it; it is marked disposable. Nothing stays where anything fails.

    Raises UsageError for a file with a mistake (its place is named) and for a database that is there already,
    ServerError where extensions are missing (all are named).
    """
    with sandbox.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        missing = _missing(connection, files)
        if missing and not skip_missing:
            raise ServerError(
                f"the structure needs extensions that this PostgreSQL does not have: {', '.join(missing)}",
                where=str(sandbox.programs.bindir),
                do="install them for that PostgreSQL (on Debian: postgresql-*-name), or load without what needs them: "
                "--skip-missing",
            )
        roles = _make_roles(connection, files)
        owner = roles[0] if roles else sandbox.database
        try:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {}").format(
                    sql.Identifier(database), sql.Identifier(owner)
                )
            )
        except psycopg.errors.DuplicateDatabase:
            raise UsageError(
                f"the sandbox has a database {database} already",
                do="name another with --database, or drop it first: cronlift sandbox psql -- -c 'DROP DATABASE …'",
            ) from None
        except psycopg.Error as error:
            raise UsageError(f"no database {database}: {error.diag.message_primary}", do="name another") from None
        done = False
        try:
            number, skipped = _fill(sandbox, database, owner, files, missing, progress)
            done = True
        finally:
            if not done:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
    connection.close()
    return Loaded(database, number, tuple(roles), tuple(skipped))


def _fill(
    sandbox: Sandbox,
    database: str,
    owner: str,
    files: Sequence[Path],
    missing: Sequence[str],
    progress: Callable[[str], None],
) -> tuple[int, list[str]]:
    number, skipped = 0, []
    with sandbox.server(database).connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute("SET client_min_messages = error")
        connection.execute("SET check_function_bodies = off")
        for file in files:
            progress(f"loading {file}")
            for statement in statements(file):
                found = _EXTENSION.match(_head(statement)) or _OF_EXTENSION.match(_head(statement))
                if found and found["name"] in _LEFT_OUT:
                    skipped.append(f"{file}:{statement.line}: {found['name']} lives in another database here")
                    continue
                try:
                    _run(connection, statement)
                    number += 1
                except psycopg.Error as error:
                    words = error.diag.message_primary or type(error).__name__
                    if not missing:
                        raise UsageError(
                            f"PostgreSQL refuses a statement: {words}",
                            where=f"{file}:{statement.line}",
                            do="mend the file; nothing of it was kept",
                        ) from None
                    skipped.append(f"{file}:{statement.line}: {words}")
        connection.execute("RESET ALL")
        _give(connection, owner)
        disposable.mark(connection)
    connection.close()
    return number, skipped


def _run(connection: Connection, statement: Statement) -> None:
    if statement.rows is None:
        connection.execute(statement.text.encode())
        return
    with connection.cursor() as cursor, cursor.copy(statement.text.encode()) as copy:
        for row in statement.rows:
            copy.write(row)


def _give(connection: Connection, owner: str) -> None:
    """A dump without owners leaves everything to the superuser; the application's role gets it."""
    connection.execute(resources.sql("sandbox/give_all") % {"owner": sql.Literal(owner).as_string(connection)})


def _missing(connection: Connection, files: Sequence[Path]) -> list[str]:
    wanted = {
        found["name"]: None
        for statement in _all(files)
        if (found := _EXTENSION.match(_head(statement))) and found["name"] not in _LEFT_OUT
    }
    rows = connection.execute("SELECT name::text FROM pg_catalog.pg_available_extensions").fetchall()
    return [name for name in wanted if name not in {str(r[0]) for r in rows}]


def _make_roles(connection: Connection, files: Sequence[Path]) -> list[str]:
    """The roles the files name, made where there are none; owners first."""
    owners: dict[str, None] = {}
    others: dict[str, None] = {}
    for statement in _all(files):
        if found := _OWNER.search(statement.text) if _head(statement).upper().startswith("ALTER") else None:
            owners[_unquoted(found["name"])] = None
        elif found := _GRANTED.match(_head(statement)):
            others[_unquoted(found["name"])] = None
    made = []
    for name in {**owners, **others}:
        if name.lower() in _NO_ROLES or name.startswith("pg_"):
            continue
        with contextlib.suppress(psycopg.errors.DuplicateObject):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
        made.append(name)
    return [name for name in made if name != "postgres"]


def _all(files: Sequence[Path]) -> Iterator[Statement]:
    for file in files:
        yield from statements(file)


def _head(statement: Statement) -> str:
    return re.sub(r"\A(\s*(--[^\n]*\n|/\*.*?\*/))*\s*", "", statement.text, flags=re.DOTALL)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
