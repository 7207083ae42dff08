"""What cronlift keeps for managed jobs is no part of a proof: other jobs' runs and the sweeper write it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shops import CLEANUP, Shop, step

from cronlift.generate import managed
from cronlift.generate.quoting import text_of
from cronlift.proof import states
from cronlift.proof.counters import Sequences

Make = Callable[..., Shop]

LOG = """INSERT INTO cronlift.run_log (job, tick, attempt, cause, state, started_at, plan_hash)
VALUES ('other', clock_timestamp(), 1, 'tick', 'succeeded', now(), 'abc')"""


def _managed(made: Shop) -> None:
    """Schema cronlift beside the shop's tables, as a managed job of another plan has brought it."""
    with made.database.admin() as connection:
        for statement in managed.create_schema([made.database.role]):
            connection.execute(text_of(statement).encode())


def test_a_run_between_the_two_sides_changes_no_verdict_and_no_count(
    shop: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shop(step(CLEANUP))
    before = made.prove()
    _managed(made)
    calm = made.prove()
    real = states.Bench._run

    def run(bench: states.Bench, *args: Any, **options: Any) -> states.State:
        made.database.execute(LOG, user="postgres")  # a job of another plan runs, and the log's sequence moves on
        return real(bench, *args, **options)

    monkeypatch.setattr(states.Bench, "_run", run)
    busy = made.prove()
    assert before.result == calm.result == busy.result == "equal", (calm, busy)
    assert [_counts(f) for f in (before, calm, busy)] == [_counts(before)] * 3
    with made.database.admin() as connection:
        rows, last = connection.execute(
            "SELECT count(*), (SELECT last_value FROM cronlift.run_log_id_seq) FROM cronlift.run_log"
        ).fetchone()
    assert rows == last >= 2  # no number of the log's was put back: the next run would have failed on it


def _counts(finding: Any) -> list[str]:
    return [line for line in finding.lines if line.startswith("compared row by row")]


def test_what_a_side_itself_writes_there_is_compared(shop: Make) -> None:
    made = shop(step(CLEANUP))
    _managed(made)
    made.database.execute(f"GRANT USAGE ON SCHEMA cronlift TO {made.database.role}", user="postgres")
    made.database.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA cronlift TO {made.database.role}", user="postgres")
    text = made.plan.jobs[0].procedure_sql or ""
    made.put_procedure(text.replace("END", f"{LOG};\nEND", 1) if "END" in text else text)
    found = made.prove()
    assert found.result == "differs", found
    assert "cronlift.run_log" in found.text


def test_a_schema_of_that_name_that_is_the_applications_own_is_compared(shop: Make) -> None:
    schema = """
    CREATE SCHEMA cronlift;
    CREATE TABLE cronlift.part (id serial PRIMARY KEY, seen timestamptz NOT NULL);
    CREATE TABLE cache (key text PRIMARY KEY, expires_at timestamptz NOT NULL);
    """
    made = shop(step(CLEANUP), schema=schema)
    with made.database.admin() as connection:
        names = set(Sequences(connection).read())
    assert ("cronlift", "part_id_seq") in names
    text = made.plan.jobs[0].procedure_sql or ""
    made.put_procedure(text.replace("END", "INSERT INTO cronlift.part (seen) VALUES (now());\nEND", 1))
    assert made.prove().result == "differs"
