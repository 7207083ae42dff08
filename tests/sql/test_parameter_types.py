"""The type PostgreSQL infers for a parameter: told from casts and columns, checked against the server itself."""

from __future__ import annotations

import pytest
from databases import AppDatabase

from cronlift.sql.parameter_types import parameter_types

COLUMNS = {
    ("t", "at"): "timestamp without time zone", ("t", "tz"): "timestamp with time zone", ("t", "day"): "date",
    ("t", "n"): "integer", ("s.u", "at"): "timestamp with time zone",
}  # fmt: skip
CASES = [
    ("DELETE FROM t WHERE at < $1", {1: "timestamp without time zone"}),
    ("DELETE FROM t WHERE $1 > tz", {1: "timestamp with time zone"}),
    ("DELETE FROM t AS x WHERE x.at < $1 AND x.day = $2", {1: "timestamp without time zone", 2: "date"}),
    ("DELETE FROM t USING s.u AS o WHERE t.tz < $1 AND o.at > $2",
     {1: "timestamp with time zone", 2: "timestamp with time zone"}),
    ("UPDATE t SET at = $1, n = $2 WHERE tz < $3",
     {1: "timestamp without time zone", 2: "integer", 3: "timestamp with time zone"}),
    ("INSERT INTO t (at, day) VALUES ($1, $2)", {1: "timestamp without time zone", 2: "date"}),
    ("DELETE FROM t WHERE at BETWEEN $1 AND $2",
     {1: "timestamp without time zone", 2: "timestamp without time zone"}),
    ("DELETE FROM t WHERE n < $1::bigint", {1: "bigint"}),
    ("DELETE FROM t WHERE at < $1::timestamptz", {1: "timestamp with time zone"}),
    ("SELECT 1 FROM t JOIN s.u AS o ON o.at = $1 WHERE t.at < $2",
     {1: "timestamp with time zone", 2: "timestamp without time zone"}),
    ("DELETE FROM t WHERE n IN (SELECT n FROM t WHERE t.at < $1)", {1: "timestamp without time zone"}),
]  # fmt: skip
UNTOLD = [
    "DELETE FROM t USING s.u WHERE at < $1",
    "DELETE FROM t WHERE missing < $1",
    "DELETE FROM t WHERE at < $1 OR tz < $1",
    "DELETE FROM t WHERE at < $1 AND f($1)",
    "INSERT INTO t (at) VALUES ($1), ($2)",
    "SELECT $1",
]


def known(relation: str, column: str) -> str | None:
    return COLUMNS.get((relation, column))


@pytest.mark.parametrize(("sql", "types"), CASES)
def test_types(sql: str, types: dict[int, str]) -> None:
    assert parameter_types(sql, known) == types


@pytest.mark.parametrize("sql", UNTOLD)
def test_untold(sql: str) -> None:
    assert parameter_types(sql, known) == {}


def test_an_unknown_beside_an_interval_is_taken_for_one() -> None:
    # The server then refuses the comparison, as it refuses the application's.
    assert parameter_types("DELETE FROM t WHERE at < $1 - interval '1 day'", known) == {1: "interval"}


def test_the_server_infers_the_same(app_database: AppDatabase) -> None:
    with app_database.connect() as connection:
        connection.execute("CREATE TABLE t (at timestamp, tz timestamptz, day date, n integer)")
        connection.execute("CREATE SCHEMA s CREATE TABLE u (at timestamptz, n integer)")
        for i, (sql, types) in enumerate(CASES):
            connection.execute(f"PREPARE p{i} AS {sql}".encode())
            row = connection.execute(
                "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = %s", (f"p{i}",)
            ).fetchone()
            assert row is not None and dict(enumerate(row[0], 1)) == types, sql
