"""Managed jobs: true times and rows from the run log, gates, the fence's alarm, a run that died; on a real server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from databases import AppDatabase
from watching import NEVER_MET, Ask, asking

from cronlift.generate import managed
from cronlift.generate.quoting import text_of

APP = """
CREATE TABLE oban_jobs (
  id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'available', queue text NOT NULL DEFAULT 'default',
  worker text NOT NULL, args jsonb NOT NULL DEFAULT '{}', meta jsonb NOT NULL DEFAULT '{}', cancelled_at timestamp
);
CREATE TABLE seen (at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE PROCEDURE work() LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$ BEGIN INSERT INTO seen DEFAULT VALUES; INSERT INTO seen DEFAULT VALUES; PERFORM pg_sleep(0.2); END $$;
CREATE PROCEDURE fail() LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$ BEGIN RAISE EXCEPTION 'no luck'; END $$;
"""

Put = Callable[..., str]


def just_past() -> str:
    """A schedule of the minutes that ended five to two minutes ago: it has fired, and pg_cron does not come in now."""
    now = datetime.now(UTC)
    return ",".join(str((now - timedelta(minutes=n)).minute) for n in range(6, 2, -1)) + " * * * *"


@pytest.fixture
def gated(app_database: AppDatabase) -> Iterator[AppDatabase]:
    """A database with a queue and schema cronlift; nothing in cron.job."""
    app_database.execute(APP)
    with app_database.admin() as connection:
        fence = managed.create_fence("public.oban_jobs", "state")
        for statement in (*managed.create_schema([app_database.role]), fence):
            connection.execute(text_of(statement).encode())
    clear(app_database)
    yield app_database
    clear(app_database)


def clear(database: AppDatabase) -> None:
    with database.admin(database.sandbox.cron_database) as connection:
        connection.execute("DELETE FROM cron.job")
        connection.execute("DELETE FROM cron.job_run_details")


@pytest.fixture
def put(gated: AppDatabase) -> Put:
    """Puts a job behind the gate, with its entry in cron.job; returns the entry's name."""

    def put(job: str = "oban:Shop.Worker", schedule: str = NEVER_MET, **changes: Any) -> str:
        name = f"cronlift/{gated.name}/{job.partition(':')[2]}"
        values = {
            "job": job, "cron_name": name, "relation": "public.oban_jobs", "worker": job.partition(":")[2],
            "args": "{}", "schedule": schedule, "timezone": "GMT", "procedure": "public.work", "job_role": "app",
            "state": "started", "pg_from": "-infinity", "plan_hash": "abc",
        } | changes  # fmt: skip
        with gated.admin() as connection:
            connection.execute(
                f"INSERT INTO cronlift.gate ({', '.join(values)}, system_identifier, database) "
                f"SELECT {', '.join(['%s'] * len(values))}, (pg_control_system()).system_identifier, oid "
                "FROM pg_database WHERE datname = current_database()",
                list(values.values()),
            )
        with gated.admin(gated.sandbox.cron_database) as connection:
            connection.execute(
                "INSERT INTO cron.job (jobname, schedule, command, database, username, nodename, nodeport) "
                "VALUES (%s, %s, %s, %s, 'app', '', 5432)",
                (name, schedule, f"CALL cronlift.run('{job}')", gated.name),
            )
        return name

    return put


@pytest.fixture
def ask(gated: AppDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    return asking({}, monkeypatch, capsys)


def call(database: AppDatabase, statement: str) -> str:
    """What pg_cron does at a firing, as the job's role; the error's text, or nothing."""
    with database.connect() as connection:
        connection.autocommit = True
        try:
            connection.execute(statement.encode())
        except Exception as error:  # whatever the body raised is what the test looks at
            return str(error)
    return ""


def update(database: AppDatabase, text: str) -> None:
    with database.admin() as connection:
        connection.execute(text.encode())


def test_true_times_and_rows(gated: AppDatabase, put: Put, ask: Ask) -> None:
    name = put()
    assert call(gated, "CALL cronlift.run('oban:Shop.Worker')") == ""
    job = ask().entry(name)
    assert (job["owned"], job["job"], job["state"], job["measured_by"]) == (
        True,
        "oban:Shop.Worker",
        "started",
        "run_log",
    )
    assert (job["runs"], job["succeeded"], job["durations"], job["last_rows"], job["rows"]) == (1, 1, "exact", 2, 2)
    assert 200 <= job["p50_ms"] < 30_000
    assert {table["table"] for table in ask().document["history"]} == {"cron.job_run_details", "cronlift.run_log"}


def test_a_firing_that_the_run_log_does_not_know_of(gated: AppDatabase, put: Put, ask: Ask) -> None:
    """pg_cron may say that it started the entry: what counts is that the job did something for the firing."""
    name = put(schedule=just_past(), pg_from=datetime.now(UTC) - timedelta(minutes=20))
    said = ask("--grace", "1")
    assert (said.code, said.codes(name)) == (1, {"never-ran", "backlog"})
    assert call(gated, "CALL cronlift.run('oban:Shop.Worker')") == ""
    assert ask("--grace", "1").codes(name) == set()
    update(gated, "UPDATE cronlift.run_log SET started_at = started_at - interval '10 minutes'")
    assert ask("--grace", "1").codes(name) == {"overdue", "backlog"}
    update(gated, "UPDATE cronlift.gate SET pg_until = now() - interval '15 minutes', state = 'rolled_back'")
    said = ask("--grace", "1")
    assert (said.code, said.codes(name, "attention")) == (0, {"inactive"})


def test_failing_and_the_next_attempt(gated: AppDatabase, put: Put, ask: Ask) -> None:
    name = put(procedure="public.fail")
    again = put("oban:Shop.Again", procedure="public.fail", max_attempts=3)
    assert "no luck" in call(gated, "CALL cronlift.run('oban:Shop.Worker')")
    assert "no luck" in call(gated, "CALL cronlift.run('oban:Shop.Again')")
    said = ask()
    assert said.codes(name) == {"failing"}
    assert "no luck" in said.text(name, "failing")
    assert (said.codes(again), said.codes(again, "attention")) == (set(), {"failing"})  # a retry is due


def test_a_run_that_died(gated: AppDatabase, put: Put, ask: Ask) -> None:
    """A session that ends between the start and the end of a run: nobody holds its lock any more."""
    name = put()
    with gated.connect() as connection:
        connection.autocommit = True
        connection.execute("CALL cronlift.begin('oban:Shop.Worker', NULL)")
        said = ask()
        assert said.codes(name) == set()
        assert said.entry(name)["running_since"] is not None
    until = time.monotonic() + 30
    while (said := ask()).codes(name) != {"died"}:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert (said.code, said.entry(name)["last_status"]) == (1, "died")


def test_the_fence_after_the_move_was_complete(gated: AppDatabase, put: Put, ask: Ask) -> None:
    """A deploy brings the entry back: an alarm, and no double run."""
    name = put(schedule=just_past())
    enqueue = """INSERT INTO oban_jobs (worker, meta) VALUES ('Shop.Worker', '{"cron": true}')"""
    gated.execute(enqueue)
    assert "fence-hit" not in ask().codes(name)  # until complete the application enqueues it, as planned
    update(gated, "UPDATE cronlift.gate SET state = 'completed', changed_at = clock_timestamp()")
    assert "fence-hit" not in ask().codes(name)
    gated.execute(enqueue)
    said = ask()
    assert (said.code, "fence-hit" in said.codes(name), said.entry(name)["fence_hits"]) == (1, True, 1)
    update(gated, "UPDATE cronlift.fence_hit SET at = at - interval '3 days'")
    update(gated, "UPDATE cronlift.gate SET changed_at = changed_at - interval '4 days'")
    assert "fence-hit" in ask().codes(name, "attention")  # it has passed


@pytest.mark.parametrize("state", ["shut", "paused", "disarmed"])
def test_who_runs_it_just_now(gated: AppDatabase, put: Put, ask: Ask, state: str) -> None:
    name = put(schedule=just_past(), state=state, pg_from=datetime.now(UTC) - timedelta(hours=1))
    said = ask()
    assert (said.code, said.codes(name, "attention")) == (0, {"inactive"})
    assert said.entry(name)["next_run"] is None


def test_a_role_that_may_not_read_the_run_log(gated: AppDatabase, put: Put, ask: Ask, monkeypatch: Any) -> None:
    put()
    cron = gated.sandbox.cron_database
    with gated.admin(cron) as connection:
        connection.execute("GRANT USAGE ON SCHEMA cron TO app")
    monkeypatch.setenv("PGUSER", "app")
    try:
        said = ask("--cron-database", cron)
        (note,) = [note for note in said.document["notes"] if "run log" in note]
        assert "GRANT USAGE ON SCHEMA cronlift TO app" in note
        update(gated, "GRANT USAGE ON SCHEMA cronlift TO app; GRANT SELECT ON ALL TABLES IN SCHEMA cronlift TO app")
        said = ask("--cron-database", cron)
        assert [note for note in said.document["notes"] if "run log" in note] == []
        assert said.document["jobs"][0]["measured_by"] == "run_log"
    finally:
        with gated.admin(cron) as connection:
            connection.execute("REVOKE USAGE ON SCHEMA cron FROM app")
