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


def test_a_busy_database_is_said_and_the_parts_still_count(shop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from cronlift.proof import clones

    made = shop(step(REFRESH), step(PREWARM))
    monkeypatch.setattr(clones, "_TRIES", 1)
    with made.database.connect() as other:
        other.execute("SELECT 1")
        found = made.prove()
    other.close()
    assert found.result == "weak"
    assert "cannot be copied while others are connected" in found.text
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
def test_where_pg_cron_lives_in_the_database_no_copy_can_be_made(shop: Make) -> None:
    """The launcher is always connected: the parts are proved all the same, and what is missing is said."""
    made = shop(step(REFRESH), step(PREWARM))
    found = made.prove()
    assert (found.result, "never free to be copied" in found.text) == ("weak", True)
    made.replace_procedure("24 hours", "25 hours")
    assert made.prove().result == "differs"
