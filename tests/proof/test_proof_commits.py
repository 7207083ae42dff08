"""Procedures that end transactions: compared part by part, and run from end to end on two copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shops import CLEANUP, PREWARM, REFRESH, SCHEMA, Shop, step

Make = Callable[..., Shop]


def databases(shop: Shop) -> list[Any]:
    with shop.database.admin("postgres") as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'cronlift_proof%'").fetchall()
    connection.close()
    return found


def test_the_planned_procedure_passes(shop: Make) -> None:
    made = shop(step(REFRESH), step(PREWARM))
    before = made.contents()
    found = made.prove()
    assert found.result == "equal", found
    assert any("commits where the app does (2 transactions)" in line for line in found.lines)
    assert any("expires_at, inserted_at of 20 rows differ by no more" in line for line in found.lines), found.lines
    assert made.contents() == before
    assert databases(made) == []


MUTANTS = {
    "lost refresh": ("  REFRESH MATERIALIZED VIEW CONCURRENTLY public.hot_item;\n  COMMIT;\n", "", "public.hot_item"),
    "lost COMMIT": ("  COMMIT;\n", "", "one transaction"),
    "added COMMIT": ("  COMMIT;\n", "  COMMIT;\n  PERFORM 1;\n  COMMIT;\n", "3 transactions"),
    "swapped": (None, None, "transaction 1 of 2"),
    "25 hours": ("24 hours", "25 hours", "expires_at"),
    "a millisecond more": ("'24 hours'", "'24 hours 0.001 seconds'", "expires_at"),
    "DO UPDATE": ("DO NOTHING", "DO UPDATE SET body = excluded.body", "public.cache"),
    "fails in the second part": ("DO NOTHING", "DO UPDATE SET hits = 1 / 0", "division by zero"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_procedure_is_found(shop: Make, name: str) -> None:
    old, new, said = MUTANTS[name]
    made = shop(step(REFRESH), step(PREWARM))
    if old is None:
        text = made.plan.jobs[0].procedure_sql or ""
        head, rest = text.split("  REFRESH", 1)
        first, second = rest.split("  COMMIT;\n")
        second, end = second.split("END\n")
        made.put_procedure(f"{head}{second}  COMMIT;\n  REFRESH{first}END\n{end}")
    else:
        made.replace_procedure(old, new or "")
    before = made.contents()
    found = made.prove()
    assert found.result == "differs", found
    assert any(said in line for line in (found.text, *found.lines)), found
    assert made.contents() == before
    assert databases(made) == []


def test_on_copies_alone_an_hour_is_found_and_two_clocks_are_not(shop: Make) -> None:
    """A procedure with a loop cannot be taken apart; what the copies say then counts, and that it is less is said."""
    made = shop(step(REFRESH), step(PREWARM))
    text = made.plan.jobs[0].procedure_sql or ""
    looped = text.replace("  COMMIT;\n", "  FOR i IN 1..1 LOOP COMMIT; END LOOP;\n")
    made.put_procedure(looped)
    found = made.prove()
    assert found.result == "weak"
    assert "FORI" in found.text
    assert any("run from end to end on two copies" in line for line in found.lines)
    made.put_procedure(looped.replace("24 hours", "25 hours"))
    assert made.prove().result == "differs"


def test_random_values_are_named_on_copies_too(shop: Make) -> None:
    schema = SCHEMA + "CREATE TABLE token (id serial PRIMARY KEY, secret text DEFAULT md5(random()::text), n int);"
    made = shop(step(CLEANUP), step("INSERT INTO token (n) VALUES (1)"), schema=schema)
    found = made.prove()
    assert found.result == "weak"
    assert any("public.token: secret left out: two runs of the app's own" in line for line in found.lines), found.lines


def test_a_busy_database_is_copied_from_a_dump(shop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from cronlift.proof import copies

    made = shop(step(REFRESH), step(PREWARM))
    monkeypatch.setattr(copies, "_TRIES", 1)
    with made.database.connect() as other:
        other.execute("SELECT 1")
        found = made.prove()
        made.replace_procedure("24 hours", "25 hours")
        wrong = made.prove()
    other.close()
    assert found.result == "equal", found
    assert any("others are connected" in line and "made from a dump" in line for line in found.lines), found.lines
    assert any("transaction 2 of 2: the same rows" in line for line in found.lines)
    assert wrong.result == "differs"
    assert databases(made) == []


def test_without_pg_dump_the_parts_still_count(shop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from cronlift.proof import copies
    from cronlift.sandbox import clients

    made = shop(step(REFRESH), step(PREWARM))
    monkeypatch.setattr(copies, "_TRIES", 1)
    monkeypatch.setattr(clients, "find", lambda _: None)
    with made.database.connect() as other:
        other.execute("SELECT 1")
        found = made.prove()
    other.close()
    assert found.result == "weak"
    assert "others are connected" in found.text
    assert "there is no pg_dump" in found.text
    assert any("transaction 2 of 2: the same rows" in line for line in found.lines)


@pytest.mark.parametrize("statement", ["VACUUM cache", "VACUUM (ANALYZE) cache"])
def test_a_command_that_stands_alone_is_the_apps_own(shop: Make, statement: str) -> None:
    made = shop(step(statement))
    assert made.plan.jobs[0].procedure_sql is None
    found = made.prove()
    assert found.result == "equal", found
    plan = made.plan
    other = plan.jobs[0].model_copy(update={"call": "VACUUM public.item"})
    found = Shop(made.database, plan.model_copy(update={"jobs": (other,)}), made.app).prove()
    assert found.result == "differs"


@pytest.mark.parametrize("app_database", ["own"], indirect=True)
def test_where_pg_cron_lives_in_the_database_the_copies_come_from_a_dump_without_it(shop: Make) -> None:
    """The launcher is always connected, so the database is never free to be a template."""
    made = shop(step(REFRESH), step(PREWARM))
    found = made.prove()
    assert found.result == "equal", found
    assert any("pg_cron lives in database" in line and "without pg_cron" in line for line in found.lines), found.lines
    made.replace_procedure("24 hours", "25 hours")
    assert made.prove().result == "differs"
    assert databases(made) == []


ODD = """
CREATE TYPE "Mood" AS ENUM ('fine', 'b''ad');
CREATE DOMAIN short AS varchar(6);
CREATE TABLE odd (
  a integer, b text, mood "Mood", tags text[], body jsonb, doubled integer GENERATED ALWAYS AS (a * 2) STORED,
  s short, raw bytea, at timestamptz, f float8, PRIMARY KEY (a, b)
);
INSERT INTO odd (a, b, mood, tags, body, s, raw, at, f)
SELECT n, repeat(md5(n::text), 4000), 'b''ad', ARRAY['x', NULL, 'y,"z'], '{"k": [1, "\\u00e9"]}', 'é', '\\xff00',
  'infinity', 'NaN'
FROM generate_series(1, 5) AS n;
CREATE TABLE other (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n integer);
CREATE TABLE parted (id integer, k integer, v text) PARTITION BY LIST (k);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted DEFAULT;
INSERT INTO parted SELECT n, n % 3, 'v' FROM generate_series(1, 9) AS n;
"""
CHANGE = "UPDATE odd SET mood = 'fine' WHERE a > 3"
MOVE = "UPDATE parted SET k = 1 WHERE k = 2 AND id <> 2"


def test_the_log_tells_every_kind_of_value(shop: Make) -> None:
    """Values out of line that did not change, arrays, infinities; rows that move between partitions."""
    made = shop(step(CHANGE), step(MOVE), schema=ODD)
    found = made.prove()
    assert found.result == "equal", found
    (said,) = [line for line in found.lines if line.startswith("run from end to end")]
    assert "4 tables by the log of changes, 0 relations read whole" in said
    made.replace_procedure("a > 3", "a >= 3")
    wrong = made.prove()
    assert wrong.result == "differs"
    made.replace_procedure("COMMIT;\n", "COMMIT;\n  INSERT INTO other (n) VALUES (1);\n  COMMIT;\n")
    assert any("public.other: 0 rows only after the app" in line for line in made.prove().lines)


def test_where_the_log_cannot_be_read_everything_is(shop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from cronlift.proof import decoding

    made = shop(step(CHANGE), step(MOVE), schema=ODD)
    monkeypatch.setattr(decoding, "MOST", 0)
    found = made.prove()
    assert found.result == "equal", found
    assert any("no log of changes: more than 0 changes" in line for line in found.lines), found.lines
    made.replace_procedure("a > 3", "a >= 3")
    assert made.prove().result == "differs"


def test_truncated_and_rewritten_tables_are_read_whole(shop: Make) -> None:
    made = shop(step("TRUNCATE other"), step(MOVE), schema=ODD + "INSERT INTO other (n) VALUES (1), (2);")
    assert made.prove().result == "equal"
    made.replace_procedure("TRUNCATE public.other", "DELETE FROM other WHERE n = 1")
    assert made.prove().result == "differs"


def test_notifications_are_compared_by_channel(shop: Make) -> None:
    made = shop(step(CLEANUP), step("SELECT pg_notify('gone', 'cache')"))
    found = made.prove()
    assert found.result == "equal", found
    assert any("NOTIFY on channel gone: 1 alike" in line for line in found.lines), found.lines
    made.replace_procedure("'cache'", "'store'")
    wrong = made.prove()
    assert wrong.result == "differs"
    assert any("NOTIFY on channel gone: 1 from the app's side, 1 from the command" in line for line in wrong.lines)


def test_a_notification_of_one_transaction_is_heard_too(shop: Make) -> None:
    made = shop(step("NOTIFY gone, 'x'", transaction=1), step(CLEANUP, transaction=1))
    assert made.prove().result == "equal"
    made.replace_procedure("  NOTIFY gone, 'x';\n", "")
    assert made.prove().result == "differs"


def test_what_differs_by_nature_is_left_out_by_decision_only(shop: Make) -> None:
    from cronlift.model.decision import Mask

    schema = SCHEMA + "CREATE TABLE token (id serial PRIMARY KEY, secret text DEFAULT md5(random()::text), n int);"
    made = shop(step(CLEANUP), step("INSERT INTO token (n) VALUES (1)"), schema=schema)
    assert made.prove().result == "weak"
    mask = Mask(relation="public.token", columns=("secret",), why="a token is random")
    jobs = (made.plan.jobs[0].model_copy(update={"masks": (mask,)}),)
    decided = Shop(made.database, made.plan.model_copy(update={"jobs": jobs}), made.app)
    found = decided.prove()
    assert found.result == "equal", found
    assert any("secret left out by decision: a token is random" in line for line in found.lines)
    made.replace_procedure("VALUES (1)", "VALUES (2)")
    assert decided.prove().result == "differs"


def test_a_procedure_with_a_loop_is_proved_in_one_transaction_too(shop: Make) -> None:
    """Its COMMITs left out it stands on the boundaries, which two clocks never do."""
    made = shop(step(REFRESH), step(CLEANUP))
    text = made.plan.jobs[0].procedure_sql or ""
    looped = text.replace("  COMMIT;\n", "  FOR i IN 1..1 LOOP COMMIT; /* COMMIT; */ END LOOP;\n")
    made.put_procedure(looped)
    found = made.prove()
    assert found.result == "weak"
    assert any("in one transaction, its COMMITs left out: the same rows" in line for line in found.lines), found.lines
    made.put_procedure(looped.replace("< now()", "<= now()"))
    assert made.prove().result == "differs"
