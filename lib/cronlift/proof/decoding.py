"""What a run changed, read from the write-ahead log: the cost is that of the changes, whatever the tables' size.

On a copy of ours every table is made to log its old rows whole (REPLICA IDENTITY FULL), a publication of all tables is
made, and a temporary logical slot is opened before the run. ``pgoutput`` then gives every row inserted, updated and
deleted (manual, 55.9: the protocol's messages, version 1). It is blind to UNLOGGED tables, materialized views,
sequences and to what rewrites a table: those are read whole instead (``clones``).
"""

from __future__ import annotations

import secrets
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.postgres.server import Connection
from cronlift.proof import readout
from cronlift.proof.readout import Key, Row

PUBLICATION = "cronlift_proof"
MOST = 500_000
"""Changes that are taken in one by one; a run that changes more is told by reading its tables."""
_PATIENCE = "20s"


class BlindError(Exception):
    """The log cannot be read here: why, in words."""


@dataclass
class Net:
    """What a run did to one relation all in all: each row as often as it was added, minus as often as it was removed;
    ``columns`` are those the log tells (generated ones are not in it), ``counts`` what was done, statement by
    statement: rows inserted, updated, deleted."""

    columns: tuple[str, ...]
    rows: Counter[Row] = field(default_factory=Counter)
    counts: list[int] = field(default_factory=lambda: [0, 0, 0])


@dataclass
class Log:
    """``nets``: relation by relation; ``rewritten``: relations that were truncated."""

    nets: dict[Key, Net] = field(default_factory=dict)
    rewritten: set[Key] = field(default_factory=set)


def prepare(connection: Connection) -> None:
    """Make a copy of ours tell its changes. Raises BlindError where the server or the role does not let us."""
    row = connection.execute("SELECT pg_catalog.current_setting('wal_level')").fetchone()
    if row != ("logical",):
        raise BlindError(f"the server logs for wal_level {row[0] if row else '?'}, not logical")
    try:
        connection.execute(resources.sql("proof/log_old_rows"))
        connection.execute(sql.SQL("CREATE PUBLICATION {} FOR ALL TABLES").format(sql.Identifier(PUBLICATION)))
    except psycopg.Error as error:
        raise BlindError(readout.cannot_read(error)) from None


class Tap:
    """A slot that is open for one run. It belongs to the session and goes with it, whatever happens."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._slot = f"cronlift_{secrets.token_hex(6)}"
        try:
            # A slot waits for every transaction on the server that has written something: not for ever.
            connection.execute("SELECT pg_catalog.set_config('statement_timeout', %s, false)", (_PATIENCE,))
            connection.execute(
                "SELECT pg_catalog.pg_create_logical_replication_slot(%s, 'pgoutput', true)", (self._slot,)
            )
        except psycopg.Error as error:
            raise BlindError(f"no logical slot: {readout.cannot_read(error)}") from None
        finally:
            connection.execute("SELECT pg_catalog.set_config('statement_timeout', '0', false)")

    def close(self) -> None:
        """Give the slot back: a database with one that is in use cannot be dropped."""
        self._connection.execute("SELECT pg_catalog.pg_drop_replication_slot(%s)", (self._slot,))

    def log(self) -> Log:
        """Everything committed since. Raises BlindError where it is more than MOST changes."""
        with self._connection.transaction():
            readout.reading(self._connection)
            with self._connection.cursor(name="cronlift_log") as cursor:
                cursor.execute(
                    "SELECT data FROM pg_catalog.pg_logical_slot_get_binary_changes(%s, NULL, NULL, "
                    "'proto_version', '1', 'publication_names', %s)",
                    (self._slot, PUBLICATION),
                )
                return read(bytes(row[0]) for row in cursor)  # type: ignore[call-overload]


def read(messages: Iterator[bytes]) -> Log:
    """The net changes that a stream of pgoutput's messages (protocol version 1) tells."""
    log = Log()
    relations: dict[int, tuple[Key, tuple[str, ...]]] = {}
    number = 0
    for message in messages:
        kind, reader = message[:1], _Reader(message, 1)
        if kind == b"R":
            oid = reader.integer()
            key = (reader.text(), reader.text())
            reader.skip(1)
            relations[oid] = (key, tuple(_column(reader) for _ in range(reader.short())))
        elif kind == b"T":
            many = reader.integer()
            reader.skip(1)
            log.rewritten |= {relations[reader.integer()][0] for _ in range(many)}
        elif kind in (b"I", b"U", b"D"):
            number += 1
            if number > MOST:
                raise BlindError(f"more than {MOST} changes")
            key, columns = relations[reader.integer()]
            net = log.nets.setdefault(key, Net(columns))
            _change(kind, reader, net)
    return log


def _change(kind: bytes, reader: _Reader, net: Net) -> None:
    net.counts[b"IUD".index(kind)] += 1
    old: Row = ()
    if kind in (b"U", b"D"):
        marked = reader.byte()
        if marked != b"O":  # prepare() gave every table its whole old row; only a table made since has none
            raise BlindError("a table does not log its old rows")
        old = reader.row(())
        net.rows[old] -= 1
    if kind in (b"I", b"U"):
        reader.byte()
        net.rows[reader.row(old)] += 1


def _column(reader: _Reader) -> str:
    reader.skip(1)
    name = reader.text()
    reader.skip(8)
    return name


class _Reader:
    """One message, from a position on."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data, self._at = data, position

    def skip(self, number: int) -> None:
        self._at += number

    def byte(self) -> bytes:
        self._at += 1
        return self._data[self._at - 1 : self._at]

    def short(self) -> int:
        self._at += 2
        return int(struct.unpack_from("!h", self._data, self._at - 2)[0])

    def integer(self) -> int:
        self._at += 4
        return int(struct.unpack_from("!I", self._data, self._at - 4)[0])

    def text(self) -> str:
        end = self._data.index(b"\0", self._at)
        found, self._at = self._data[self._at : end].decode(), end + 1
        return found

    def row(self, old: Row) -> Row:
        """A row's values; what was not logged again, since it lies out of line and did not change, is ``old``'s."""
        values: list[str | None] = []
        for number in range(self.short()):
            kind = self.byte()
            if kind == b"n":
                values.append(None)
            elif kind == b"u":
                values.append(old[number])
            else:
                size = self.integer()
                values.append(self._data[self._at : self._at + size].decode())
                self._at += size
        return tuple(values)
