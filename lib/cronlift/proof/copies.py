"""Copies of the proof database: from a template where nobody is in the way, else from a dump.

A template copy (CREATE DATABASE … TEMPLATE) needs the source to itself for a moment. Where others are connected, or
pg_cron's launcher lives there for good, the source is dumped once into a database beside it, without pg_cron, and that
one is copied. Everything made here is dropped again whatever happens.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.errors import ServerError
from cronlift.postgres.server import Connection, Server
from cronlift.proof import dump

_TRIES = 4
_LARGE = 1 << 30
"""Bytes from which on files are copied as they are: CREATE DATABASE logs every block otherwise (manual, STRATEGY)."""


class BusyError(Exception):
    """The proof database cannot be copied now: why, in words."""


@dataclass
class Copies:
    """Makes copies on demand; ``notes`` say how they came about where that matters."""

    server: Server
    database: str
    maintenance: Connection
    notes: list[str] = field(default_factory=list)
    _made: list[str] = field(default_factory=list)
    _token: str = field(default_factory=lambda: secrets.token_hex(4))
    _source: str | None = None

    def copy(self) -> str:
        """The name of a new copy. Raises BusyError."""
        if self._source is not None:
            return self._from_template(self._source)
        reason = self._in_use()
        if reason is None:
            try:
                return self._from_template(self.database)
            except BusyError as busy:
                reason = str(busy)
        self._source = self._from_dump(reason)
        return self._from_template(self._source)

    def settled(self, change: Callable[[str], None]) -> None:
        """Change the state that all copies to come start from: ``change`` is given a database that is theirs alone."""
        source = self._source or self.copy()
        change(source)
        self._source = source

    def drop(self) -> None:
        """Drop everything that was made."""
        for name in self._made:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            for _ in range(_TRIES):
                with suppress(psycopg.OperationalError):  # a session of ours, with its slot, may not be gone yet
                    self.maintenance.execute(statement)
                    break
                time.sleep(0.5)

    def _name(self) -> str:
        self._made.append(f"cronlift_proof_{self._token}_{len(self._made) + 1}")
        return self._made[-1]

    def _in_use(self) -> str | None:
        here = self.maintenance.execute(resources.sql("proof/launcher_here"), {"database": self.database}).fetchone()
        return f"pg_cron lives in database {self.database}" if here == (True,) else None

    def _from_template(self, source: str) -> str:
        name = self._name()
        size = self.maintenance.execute("SELECT pg_catalog.pg_database_size(%s)", (source,)).fetchone()
        strategy = sql.SQL("")
        if self.maintenance.info.server_version >= 150000 and size is not None and int(str(size[0])) > _LARGE:
            strategy = sql.SQL(" STRATEGY file_copy")
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}{}").format(
            sql.Identifier(name), sql.Identifier(source), strategy
        )
        for attempt in range(_TRIES):
            try:
                self.maintenance.execute(statement)
                return name
            except psycopg.errors.ObjectInUse as error:
                if attempt == _TRIES - 1:
                    detail = (error.diag.message_detail or "").rstrip(".").lower()
                    raise BusyError(f"others are connected to database {source} ({detail})") from None
                time.sleep(1)
            except psycopg.Error as error:
                raise BusyError(f"no copy could be made: {error.diag.message_primary}") from None
        raise AssertionError("the last try returns or raises")

    def _from_dump(self, reason: str) -> str:
        name = self._name()
        try:
            self.maintenance.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
            dump.restore_into(self.server, self.database, name)
        except psycopg.Error as error:
            raise BusyError(f"no copy could be made: {error.diag.message_primary}") from None
        except dump.DumpError as error:
            raise BusyError(f"{reason}, so it cannot be a template, and {error}") from None
        self.notes.append(
            f"{reason}: the copies were made from a dump, without pg_cron; a restore refreshes materialized views"
        )
        return name


@contextmanager
def copies(server: Server, database: str) -> Iterator[Copies]:
    """A maker of copies of ``database``, all dropped at the end. Raises BusyError where none can be made."""
    other = "template1" if database == "postgres" else "postgres"
    try:
        connection = server.connect(other, read_only=False)
    except ServerError as error:
        raise BusyError(f"database {other}, from which copies are made, cannot be reached: {error.what}") from None
    connection.autocommit = True
    try:
        connection.execute("SET client_min_messages = error")
        made = Copies(server, database, connection)
        try:
            yield made
        finally:
            made.drop()
    finally:
        connection.close()


@contextmanager
def session(server: Server, database: str) -> Iterator[Connection]:
    """A connection to a copy, each statement a transaction of its own."""
    connection = server.connect(database, read_only=False)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()
