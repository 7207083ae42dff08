"""A change stream of some tables, read through a logical replication slot with wal2json.

Read by SQL functions (manual, 9.27.6): what is peeked at stays in the slot until it is confirmed, so whoever dies in
between is told again. psycopg 3 speaks no replication protocol, and asking every few seconds is what a debounce does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.errors import ServerError, UsageError
from cronlift.postgres.server import Connection

PLUGIN = "wal2json"
MOST = 20_000
"""Changes that are looked at in one go (a transaction is never cut)."""


@dataclass(frozen=True)
class Look:
    """What one look at the slot told: how many changes of the tables, by which transactions, and the place up to which
    that is all."""

    changes: int
    xids: frozenset[str]
    upto: str | None


class Slot:
    """The slot ``name`` on a database; ``tables`` as schema and name."""

    def __init__(self, name: str, tables: tuple[tuple[str, str], ...]) -> None:
        self.name = name
        self._tables = ",".join(f"{_escaped(schema)}.{_escaped(table)}" for schema, table in tables)

    def ensure(self, connection: Connection) -> bool:
        """See that the slot is there and can be read; True where it had to be made (then nobody knows what happened
        before). Raises UsageError where it is another database's, ServerError where the server cannot have it."""
        row = connection.execute(resources.sql("realtime/slot"), {"slot": self.name}).fetchone()
        assert row is not None
        database, lost, _, _ = row
        if database is not None and database != connection.info.dbname:
            raise UsageError(
                f"the slot {self.name} belongs to database {database}",
                where=f"database {connection.info.dbname}",
                do="drop it there, or give the job another cron name",
            )
        try:
            if lost:
                connection.execute("SELECT pg_catalog.pg_drop_replication_slot(%s)", (self.name,))
            if database is None or lost:
                connection.execute("SELECT pg_catalog.pg_create_logical_replication_slot(%s, %s)", (self.name, PLUGIN))
                return True
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            message = str(error).splitlines()[0]
            raise ServerError(
                f"the slot cannot be made: {message}",
                where=f"database {connection.info.dbname}",
                do="it needs wal_level = logical, the plugin wal2json (named in output_plugin_libraries, where the "
                "server has that setting) and a role with REPLICATION",
            ) from error
        return False

    def look(self, connection: Connection) -> Look:
        """What is new. Nothing is confirmed by it."""
        row = connection.execute(resources.sql("realtime/slot"), {"slot": self.name}).fetchone()
        assert row is not None
        end = str(row[3])
        rows = connection.execute(
            resources.sql("realtime/peek"), {"slot": self.name, "most": MOST, "tables": self._tables}
        ).fetchall()
        told = [str(xid) for action, _, xid in rows if action not in ("B", "C")]
        commits = [str(place) for action, place, _ in rows if action == "C"]
        upto = commits[-1] if commits else None
        if len(rows) < MOST:  # all there is: what commits later lies behind the end seen before
            upto = end if upto is None else _later(connection, end, upto)
        return Look(len(told), frozenset(told), upto)

    def settle(self, connection: Connection, look: Look) -> None:
        """Wait until every transaction that was told of can be seen by a statement that begins now."""
        while connection.execute(resources.sql("realtime/unsettled"), {"xids": list(look.xids)}).fetchone() == (True,):
            time.sleep(0.02)

    def confirm(self, connection: Connection, upto: str) -> None:
        """Let go of what was told up to a place; the server may forget it."""
        connection.execute(
            "SELECT pg_catalog.pg_replication_slot_advance(%s, %s::pg_lsn) FROM pg_catalog.pg_replication_slots "
            "WHERE slot_name = %s AND confirmed_flush_lsn < %s::pg_lsn",
            (self.name, upto, self.name, upto),
        )

    def drop(self, connection: Connection) -> None:
        """The way back."""
        connection.execute(sql.SQL(resources.sql("realtime/drop_slot")).format(slot=sql.Literal(self.name)))


def _later(connection: Connection, one: str, other: str) -> str:
    row = connection.execute("SELECT greatest(%s::pg_lsn, %s::pg_lsn)::text", (one, other)).fetchone()
    assert row is not None
    return str(row[0])


def _escaped(name: str) -> str:
    r"""A name in wal2json's lists: special characters behind a backslash (its README, add-tables)."""
    return "".join("\\" + c if c in "\\,. '*" else c for c in name)
