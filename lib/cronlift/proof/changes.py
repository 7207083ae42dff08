"""What a side changed in a relation, without reading every row.

A heap's rows carry their place (ctid) and their writer (xmin), and no row moves while it is not written. So a state is
told by the places of the rows from before that are still there, which costs a scan but no output of values, and by the
rows that are new. Two states made from the same one are equal when both are; where they are not, the rows may still be
(a row deleted and inserted again), and ``readout`` says so by reading them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from cronlift.postgres.server import Connection
from cronlift.proof import readout
from cronlift.proof.readout import Relation, Row

_SAMPLES = 3


@dataclass(frozen=True)
class Change:
    """``kept``: how many rows from before are there, and a sum over their places; ``new``: how many are new, and two
    sums over their values. Where rows have no place all are in ``new``."""

    kept: tuple[int, str]
    new: tuple[int, str, str]
    populated: bool = True

    @property
    def rows(self) -> int:
        """The rows that are there now."""
        return self.kept[0] + self.new[0]


@dataclass(frozen=True)
class Mark:
    """An instant inside a transaction; rows written after it are told from those before it by their xmin.

    ``age`` is its transaction id's distance to the transaction's own, as ``age(xid)`` counts (subtransactions come
    after their parent and have a negative one); ids wrap around, distances of two live rows do not.
    """

    age: int

    @property
    def older(self) -> sql.Composable:
        """The condition on a row ``x`` that it was there before."""
        return sql.SQL("pg_catalog.age(x.xmin) > {}").format(sql.Literal(self.age))

    @property
    def newer(self) -> sql.Composable:
        """The condition on a row ``x`` that it was written since."""
        return sql.SQL("pg_catalog.age(x.xmin) <= {}").format(sql.Literal(self.age))


def prepare(connection: Connection) -> None:
    """Once in a transaction, before the first ``mark``."""
    connection.execute("CREATE TEMPORARY TABLE cronlift_mark (n integer) ON COMMIT DROP")


def mark(connection: Connection) -> Mark:
    """Now, in the savepoint that was just begun: its first write gives it a transaction id of its own."""
    row = connection.execute(
        "INSERT INTO pg_temp.cronlift_mark VALUES (1) RETURNING pg_catalog.age(xmin)::bigint"
    ).fetchone()
    assert row is not None
    return Mark(int(str(row[0])))


def change(connection: Connection, relation: Relation, since: Mark) -> Change:
    """What is in the relation, told by what changed. The caller has called ``readout.reading``."""
    if not relation.populated:
        return Change((0, "0"), (0, "0", "0"), populated=False)
    if not relation.heap:
        return Change((0, "0"), readout.total(connection, relation, sql.SQL("true")))
    query = sql.SQL(
        "SELECT pg_catalog.count(*), coalesce(pg_catalog.sum(pg_catalog.hashtidextended(x.ctid, 0)), 0)::text "
        "FROM ONLY {} AS x WHERE {}"
    ).format(sql.Identifier(*relation.key), since.older)
    row = connection.execute(query).fetchone()
    assert row is not None
    return Change((int(str(row[0])), str(row[1])), readout.total(connection, relation, since.newer))


def added(connection: Connection, relation: Relation, since: Mark) -> list[Row]:
    """Some of the rows that were written since, for people to look at."""
    return _some(connection, relation, since.newer) if relation.heap and relation.populated else []


def _some(connection: Connection, relation: Relation, only: sql.Composable) -> list[Row]:
    query = sql.SQL("SELECT {} FROM ONLY {} AS x WHERE {} LIMIT {}").format(
        readout.texts(relation), sql.Identifier(*relation.key), only, sql.Literal(_SAMPLES)
    )
    return [tuple(row) for (row,) in connection.execute(query).fetchall()]  # type: ignore[arg-type]


def removed(connection: Connection, relation: Relation, since: Mark) -> list[Row]:
    """Some of the rows that were deleted (or updated: their old versions), once the savepoint has been rolled back.

    Their xmax still names the deleter then. That serves for samples; nothing is judged by it.
    """
    if not relation.heap or not relation.populated:
        return []
    only = sql.SQL("x.xmax <> '0' AND pg_catalog.age(x.xmax) <= {}").format(sql.Literal(since.age))
    return _some(connection, relation, only)
