"""Reading out what a side left: every row of every relation, as digests that do not depend on the rows' order.

A relation's rows fall into buckets by their hash; two states are equal when every bucket has the same number of rows
and the same two sums of 64-bit hashes. Where buckets differ, their rows can be fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.postgres.server import Connection

Key = tuple[str, str]
Row = tuple[str | None, ...]
BUCKETS = 65536
ROWS = 200_000
"""Rows of one relation that are fetched to be compared one by one."""


@dataclass(frozen=True)
class Relation:
    """A relation that holds rows. ``times`` are its columns of type timestamptz, timestamp and date."""

    key: Key
    kind: str
    unlogged: bool
    populated: bool
    size: int
    readable: bool
    columns: tuple[str, ...]
    times: tuple[str, ...]

    @property
    def name(self) -> str:
        return ".".join(self.key)

    @property
    def words(self) -> str:
        kind = {"m": "materialized view", "f": "foreign table"}.get(self.kind, "table")
        return f"unlogged {kind}" if self.unlogged else kind


@dataclass(frozen=True)
class Digest:
    """A relation's rows: how many, and per bucket the count and the sums."""

    rows: int
    buckets: Mapping[int, tuple[int, str, str]]
    populated: bool = True

    def differing(self, other: Digest) -> list[int]:
        """The buckets that are not the same in both."""
        numbers = self.buckets.keys() | other.buckets.keys()
        return sorted(n for n in numbers if self.buckets.get(n) != other.buckets.get(n))


def relations(connection: Connection) -> dict[Key, Relation]:
    """The relations of the database as this transaction sees them."""
    found = {}
    for schema, name, kind, unlogged, populated, size, readable, columns, times in connection.execute(
        resources.sql("proof/relations")
    ).fetchall():
        key = (str(schema), str(name))
        found[key] = Relation(
            key, str(kind), bool(unlogged), bool(populated), int(str(size)), bool(readable),
            tuple(columns), tuple(times),  # type: ignore[arg-type]
        )  # fmt: skip
    return found


def reading(connection: Connection) -> None:
    """Settings for reading, until the transaction (or savepoint) ends: both sides' values come out as the same text."""
    connection.execute(resources.sql("proof/reading"))


def digest(connection: Connection, relation: Relation, *, without: Iterable[str] = ()) -> Digest:
    """One scan of the relation. ``without`` leaves columns out. The caller has called ``reading``."""
    if not relation.populated:
        return Digest(0, {}, populated=False)
    # OFFSET 0 keeps the planner from computing each hash again wherever it is used.
    query = sql.SQL(
        "SELECT (h & {mask})::integer, pg_catalog.count(*), pg_catalog.sum(h)::text, pg_catalog.sum(i)::text FROM ("
        "SELECT pg_catalog.hashtextextended(r, 0), pg_catalog.hashtextextended(r, 1) "
        "FROM (SELECT {row}::text FROM ONLY {relation} AS x OFFSET 0) AS texts (r) OFFSET 0"
        ") AS hashes (h, i) GROUP BY 1"
    ).format(
        mask=sql.Literal(BUCKETS - 1), row=_row(relation, frozenset(without)), relation=sql.Identifier(*relation.key)
    )
    buckets = {int(str(b)): (int(str(n)), str(x), str(y)) for b, n, x, y in connection.execute(query).fetchall()}
    return Digest(sum(n for n, _, _ in buckets.values()), buckets)


def fetch(connection: Connection, relation: Relation, buckets: Sequence[int] | None) -> list[Row]:
    """The rows of some buckets (None: of all), every value as text; at most ROWS."""
    if not relation.populated:
        return []
    query = sql.SQL(
        "SELECT {columns} FROM ONLY {relation} AS x "
        "WHERE (pg_catalog.hashtextextended({row}::text, 0) & {mask})::integer = ANY (%(buckets)s) OR %(all)s LIMIT {limit}"
    ).format(
        columns=sql.SQL("ARRAY[{}]::text[]").format(
            sql.SQL(", ").join(sql.SQL("x.{}::text").format(sql.Identifier(c)) for c in relation.columns)
        ),
        relation=sql.Identifier(*relation.key),
        row=_row(relation, frozenset()),
        mask=sql.Literal(BUCKETS - 1),
        limit=sql.Literal(ROWS),
    )
    return [
        tuple(row)
        for (row,) in connection.execute(query, {"buckets": list(buckets or []), "all": buckets is None}).fetchall()
    ]  # type: ignore[arg-type]


def row_at(connection: Connection, relation: Relation, place: tuple[int, str]) -> Row | None:
    """The row at a place (``tableoid``, ``ctid``), every value as text."""
    query = sql.SQL("SELECT ARRAY[{}]::text[] FROM {} AS x WHERE x.tableoid = %s AND x.ctid = %s::tid").format(
        sql.SQL(", ").join(sql.SQL("x.{}::text").format(sql.Identifier(c)) for c in relation.columns),
        sql.Identifier(*relation.key),
    )
    row = connection.execute(query, place).fetchone()
    return None if row is None else tuple(row[0])  # type: ignore[arg-type]


def _row(relation: Relation, without: frozenset[str]) -> sql.Composable:
    # x.* is always the row, even where a column is called x.
    if not without:
        return sql.SQL("ROW(x.*)")
    kept = [c for c in relation.columns if c not in without]
    return sql.SQL("ROW({})").format(sql.SQL(", ").join(sql.SQL("x.{}").format(sql.Identifier(c)) for c in kept))


@dataclass(frozen=True)
class Written:
    """What a side did to one relation, as the server counted: rows inserted, updated, deleted (attempts too)."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    locked: bool = False

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted or self.locked)

    def __str__(self) -> str:
        parts = [
            f"{number} {what}"
            for number, what in (
                (self.inserted, "inserted"),
                (self.updated, "updated"),
                (self.deleted, "deleted"),
            )
            if number
        ]
        return ", ".join(parts) or "locked as a whole"


class Counter:
    """The server's counts for this transaction, and what came since they were looked at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before = self._now()

    def since(self) -> dict[Key, Written]:
        """What was written since this counter was made. Locks are seen only until their savepoint is rolled back."""
        out = {}
        for key, (counts, locks) in self._now().items():
            old_counts, old_locks = self._before.get(key, ((0, 0, 0), frozenset()))
            strong = (locks - old_locks) - {"RowExclusiveLock", "ShareUpdateExclusiveLock"}
            inserted, updated, deleted = (new - old for new, old in zip(counts, old_counts, strict=True))
            written = Written(inserted, updated, deleted, locked=bool(strong))
            if written:
                out[key] = written
        return out

    def _now(self) -> dict[Key, tuple[tuple[int, int, int], frozenset[str]]]:
        rows = self._connection.execute(resources.sql("proof/written")).fetchall()
        return {
            (str(s), str(n)): ((int(str(i)), int(str(u)), int(str(d))), frozenset(locks))  # type: ignore[call-overload]
            for s, n, i, u, d, _, locks in rows
        }


class Sequences:
    """The counters behind serial and identity columns: no rollback puts them back, so this does.

    Each side starts with the same values; at the end the database has its own again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        rows = connection.execute(resources.sql("proof/sequences")).fetchall()
        self._names = [(str(s), str(n)) for s, n in rows]
        self._state = self.read()

    def read(self) -> dict[Key, tuple[int, bool]]:
        """Each sequence's last value, and whether it was handed out."""
        if not self._names:
            return {}
        query = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {}, {}, last_value, is_called FROM {}").format(
                sql.Literal(s), sql.Literal(n), sql.Identifier(s, n)
            )
            for s, n in self._names
        )
        rows = self._connection.execute(query).fetchall()
        return {(str(s), str(n)): (int(str(value)), bool(called)) for s, n, value, called in rows}

    def restore(self, state: Mapping[Key, tuple[int, bool]] | None = None) -> None:
        """Put back the values of ``state``, else those of the beginning; values this session had set aside go."""
        wanted = self._state if state is None else state
        now = self.read()
        for (schema, name), (value, called) in wanted.items():
            if now.get((schema, name)) != (value, called):
                self._connection.execute(
                    sql.SQL("SELECT pg_catalog.setval({}::regclass, %s, %s)").format(
                        sql.Literal(sql.Identifier(schema, name).as_string(self._connection))
                    ),
                    (value, called),
                )
        self._connection.execute("DISCARD SEQUENCES")


def cannot_read(error: psycopg.Error) -> str:
    """Why a relation could not be read, in one line."""
    return (error.diag.message_primary or type(error).__name__).splitlines()[0]
