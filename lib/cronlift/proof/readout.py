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
    """A relation that holds rows. ``times`` are its columns of type timestamptz, timestamp and date; ``heap``: its
    rows have a place (ctid) and a writer (xmin); ``file`` changes when all of it is rewritten. ``own``: of cronlift's
    own schema, which runs of managed jobs write meanwhile: it counts only where a side itself wrote it."""

    key: Key
    kind: str
    unlogged: bool
    populated: bool
    size: int
    readable: bool
    columns: tuple[str, ...]
    times: tuple[str, ...]
    types: tuple[str, ...] = ()
    heap: bool = True
    file: int = 0
    own: bool = False

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
    for row in connection.execute(resources.sql("proof/relations")).fetchall():
        schema, name, kind, unlogged, populated, size, readable, columns, times, types, heap, file, own = row
        key = (str(schema), str(name))
        found[key] = Relation(
            key, str(kind), bool(unlogged), bool(populated), int(str(size)), bool(readable),
            tuple(columns), tuple(times), tuple(types), bool(heap), int(str(file)), bool(own),  # type: ignore[arg-type]
        )  # fmt: skip
    return found


def reading(connection: Connection) -> None:
    """Settings for reading, until the transaction (or savepoint) ends: both sides' values come out as the same text."""
    connection.execute(resources.sql("proof/reading"))


def digest(connection: Connection, relation: Relation, *, without: Iterable[str] = ()) -> Digest:
    """One scan of the relation. ``without`` leaves columns out. The caller has called ``reading``."""
    if not relation.populated:
        return Digest(0, {}, populated=False)
    query = sql.SQL(
        "SELECT (h & {mask})::integer, pg_catalog.count(*), pg_catalog.sum(h)::text, pg_catalog.sum(i)::text "
        "FROM {hashes} GROUP BY 1"
    ).format(mask=sql.Literal(BUCKETS - 1), hashes=_hashes(relation, frozenset(without), sql.SQL("true")))
    buckets = {int(str(b)): (int(str(n)), str(x), str(y)) for b, n, x, y in connection.execute(query).fetchall()}
    return Digest(sum(n for n, _, _ in buckets.values()), buckets)


def total(connection: Connection, relation: Relation, only: sql.Composable) -> tuple[int, str, str]:
    """How many rows ``x`` meet a condition, and the two sums over them. The caller has called ``reading``."""
    query = sql.SQL(
        "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(h), 0)::text, coalesce(pg_catalog.sum(i), 0)::text FROM {}"
    ).format(_hashes(relation, frozenset(), only))
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(str(row[0])), str(row[1]), str(row[2])


def fetch(connection: Connection, relation: Relation, buckets: Sequence[int] | None) -> list[Row]:
    """The rows of some buckets (None: of all), every value as text; at most ROWS."""
    if not relation.populated:
        return []
    query = sql.SQL(
        "SELECT {columns} FROM ONLY {relation} AS x "
        "WHERE %(all)s OR (pg_catalog.hashtextextended({row}::text, 0) & {mask})::integer = ANY (%(buckets)s) "
        "LIMIT {limit}"
    ).format(
        columns=texts(relation),
        relation=sql.Identifier(*relation.key),
        row=_row(relation, frozenset()),
        mask=sql.Literal(BUCKETS - 1),
        limit=sql.Literal(ROWS),
    )
    values = {"buckets": list(buckets or []), "all": buckets is None}
    return [tuple(row) for (row,) in connection.execute(query, values).fetchall()]  # type: ignore[arg-type]


def row_at(connection: Connection, relation: Relation, place: tuple[int, str]) -> Row | None:
    """The row at a place (``tableoid``, ``ctid``), every value as text."""
    query = sql.SQL("SELECT {} FROM {} AS x WHERE x.tableoid = %s AND x.ctid = %s::tid").format(
        texts(relation), sql.Identifier(*relation.key)
    )
    row = connection.execute(query, place).fetchone()
    return None if row is None else tuple(row[0])  # type: ignore[arg-type]


def texts(relation: Relation) -> sql.Composable:
    """Every value of the row ``x`` as text, in one array."""
    return sql.SQL("ARRAY[{}]::text[]").format(
        sql.SQL(", ").join(sql.SQL("x.{}::text").format(sql.Identifier(c)) for c in relation.columns)
    )


def _hashes(relation: Relation, without: frozenset[str], only: sql.Composable) -> sql.Composable:
    # OFFSET 0 keeps the planner from computing each hash again wherever it is used.
    return sql.SQL(
        "(SELECT pg_catalog.hashtextextended(r, 0), pg_catalog.hashtextextended(r, 1) "
        "FROM (SELECT {row}::text FROM ONLY {relation} AS x WHERE {only} OFFSET 0) AS texts (r) OFFSET 0"
        ") AS hashes (h, i)"
    ).format(row=_row(relation, without), relation=sql.Identifier(*relation.key), only=only)


def _row(relation: Relation, without: frozenset[str]) -> sql.Composable:
    # x.* is always the row, even where a column is called x.
    if not without:
        return sql.SQL("ROW(x.*)")
    kept = [c for c in relation.columns if c not in without]
    return sql.SQL("ROW({})").format(sql.SQL(", ").join(sql.SQL("x.{}").format(sql.Identifier(c)) for c in kept))


def cannot_read(error: psycopg.Error) -> str:
    """Why a relation could not be read, in one line."""
    return (error.diag.message_primary or type(error).__name__).splitlines()[0]
