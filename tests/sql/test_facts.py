"""What a statement is, by PostgreSQL's own parser."""

from __future__ import annotations

import pytest

from cronlift.sql.facts import StatementError, facts
from cronlift.sql.rewrite import replace_parameters


@pytest.mark.parametrize(
    ("sql", "command", "relations", "writes"),
    [
        ("DELETE FROM a.t USING u WHERE t.x = u.x", "DELETE", ("a.t", "u"), True),
        ("INSERT INTO t SELECT * FROM v ON CONFLICT DO NOTHING", "INSERT", ("t", "v"), True),
        ("WITH d AS (DELETE FROM t RETURNING *) SELECT count(*) FROM d", "SELECT", ("t",), True),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", "REFRESH MATERIALIZED VIEW", ("v",), True),
        ("SELECT count(*) FROM t", "SELECT", ("t",), False),
        ("SELECT clean_up()", "SELECT", (), True),
        ("SELECT id FROM t FOR UPDATE", "SELECT", ("t",), True),
        ("ANALYZE t", "ANALYZE", ("t",), True),
    ],
)
def test_command_relations_and_writing(sql: str, command: str, relations: tuple[str, ...], writes: bool) -> None:
    found = facts(sql)
    assert (found.command, found.relations, found.writes, found.tied) == (command, relations, writes, "")


@pytest.mark.parametrize(
    ("sql", "alone"),
    [
        ("VACUUM t", True),
        ("ANALYZE t", False),
        ("REINDEX TABLE t", False),
        ("REINDEX TABLE CONCURRENTLY t", True),
        ("REINDEX DATABASE d", True),
        ("CREATE INDEX i ON t (x)", False),
        ("CREATE INDEX CONCURRENTLY i ON t (x)", True),
        ("DROP INDEX CONCURRENTLY i", True),
        ("ALTER TABLE t DETACH PARTITION p", False),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", True),
        ("CLUSTER", True),
        ("CLUSTER t USING i", False),
    ],
)
def test_what_cannot_stand_in_a_transaction(sql: str, alone: bool) -> None:
    assert facts(sql).alone is alone


@pytest.mark.parametrize(
    "sql",
    [
        "BEGIN",
        "SET search_path = x",
        "COPY t TO STDOUT",
        "LISTEN c",
        "DO $$ BEGIN END $$",
        "SELECT set_config('a.b', 'c', false)",
        "SELECT pg_try_advisory_lock(1)",
        "CREATE TEMP TABLE t (x int)",
        "ALTER SYSTEM SET work_mem = '1GB'",
        "CREATE EXTENSION hstore",
    ],
)
def test_what_is_tied_to_a_session_or_unknown(sql: str) -> None:
    assert facts(sql).tied


def test_a_procedure_that_is_called_is_named() -> None:
    found = facts("CALL shop.tidy($1, lower('X'))")
    assert (found.command, found.functions, found.parameters) == ("CALL", ("shop.tidy", "lower"), 1)
    assert found.writes and not found.tied and not found.alone


@pytest.mark.parametrize("sql", ["", "DELETE FROM a; DELETE FROM b", "DELETE FORM t", "-- nothing"])
def test_not_one_statement(sql: str) -> None:
    with pytest.raises(StatementError):
        facts(sql)


def test_parameters_are_replaced_where_the_parser_sees_them() -> None:
    sql = "UPDATE t SET a = $1, é = '$1', b = $2 -- $1\nWHERE c = $10"
    values = {1: "1", 2: "'x'", 10: "now()"}
    assert replace_parameters(sql, values) == "UPDATE t SET a = 1, é = '$1', b = 'x' -- $1\nWHERE c = now()"
