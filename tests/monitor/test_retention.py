"""Retention: planned, installed, run and taken back like any other entry, in both set-ups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from databases import AppDatabase
from watching import asking

from cronlift.commands.main import main
from cronlift.errors import SafetyError
from cronlift.generate import managed
from cronlift.generate.quoting import text_of
from cronlift.generate.retention import retention
from cronlift.model.plan import Plan
from cronlift.record.run_folder import RunFolder
from cronlift.stages.install import install, rollback

BOTH = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


@pytest.fixture
def database(app_database: AppDatabase) -> Any:
    """A database with schema cronlift, and nothing in cron.job or the history."""
    with app_database.admin() as connection:
        for statement in managed.create_schema([app_database.role]):
            connection.execute(text_of(statement).encode())
    cron = app_database.sandbox.cron_database
    with app_database.admin(cron) as connection:
        connection.execute("DELETE FROM cron.job")
        connection.execute("DELETE FROM cron.job_run_details")
        connection.execute("GRANT USAGE ON SCHEMA cron TO app")
    yield app_database
    with app_database.admin(cron) as connection:
        connection.execute("DELETE FROM cron.job")
        connection.execute("DELETE FROM cron.job_run_details")
        connection.execute("REVOKE USAGE ON SCHEMA cron FROM app")


@BOTH
def test_there_and_back(database: AppDatabase, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    """By the commands a person types; up.sql does the same, and the monitor sees that something deletes."""
    cron = database.sandbox.cron_database
    run = tmp_path / "run"
    assert main(["retention", "--run", str(run), "--days", "14"]) == 0
    assert "of its own entries only" in capsys.readouterr().out
    plan = RunFolder(run).read(Plan)
    assert main(["install", "--run", str(run), "--apply", "--plan-hash", plan.hash]) == 0
    with database.admin(cron) as connection:
        rows = connection.execute("SELECT jobname, database, username, command FROM cron.job ORDER BY 1").fetchall()
    assert [(name, place, owner) for name, place, owner, _ in rows] == [
        (f"cronlift/{database.name}/retention-history", cron, "app"),
        (f"cronlift/{database.name}/retention-run_log", database.name, "app"),
    ]
    ask = asking({}, monkeypatch, capsys)
    said = ask("--run", str(run), "--owned")
    assert {table["table"]: table["pruned"] for table in said.document["history"]} == {
        "cron.job_run_details": True, "cronlift.run_log": True,
    }  # fmt: skip
    assert said.code == 0
    with database.admin(cron) as connection:
        connection.execute("UPDATE cron.job SET schedule = '0 0 * * *' WHERE jobname LIKE '%history'")
    said = ask("--run", str(run))
    assert (said.code, said.codes("")) == (1, {"drift"})
    with pytest.raises(SafetyError):
        install(plan, database.server, apply=True)
    assert main(["rollback", "--run", str(run), "--apply", "--drop-edited"]) == 0
    with database.admin(cron) as connection:
        assert connection.execute("SELECT count(*) FROM cron.job").fetchone() == (0,)
    done = database.psql("-f", str(run / "sql" / "up.sql"))
    assert done.returncode == 0, done.stderr
    install(plan, database.server, apply=True)  # all is there as planned: nothing to do
    rollback(plan, database.server, apply=True)


def test_what_the_entries_delete(database: AppDatabase) -> None:
    """Run as pg_cron runs them: the old runs of the role's own entries, and what the run log no longer needs."""
    plan = retention(database.server, 14)
    commands = {job.id.rpartition("-")[2]: job for job in plan.jobs}
    cron = database.sandbox.cron_database
    with database.admin(cron) as connection:
        for role, days, status in [
            ("app", 40, "succeeded"), ("app", 20, "failed"), ("postgres", 20, "succeeded"), ("app", 3, "succeeded"),
        ]:  # fmt: skip
            connection.execute(
                "INSERT INTO cron.job_run_details (jobid, runid, username, status, start_time, end_time) VALUES "
                "(1, nextval('cron.runid_seq'), %s, %s, now() - %s * interval '1 day', now())",
                (role, status, days),
            )
    with database.admin() as connection:
        for job, days, state in [
            ("a", 40, "succeeded"), ("a", 30, "succeeded"), ("a", 20, "failed"), ("a", 3, "failed"),
            ("b", 30, "succeeded"), ("b", 25, "running"),
        ]:  # fmt: skip
            connection.execute(
                "INSERT INTO cronlift.run_log (job, cause, state, started_at, plan_hash) "
                "VALUES (%s, 'tick', %s, now() - %s * interval '1 day', 'x')",
                (job, state, days),
            )
    for what, place in (("history", cron), ("run_log", database.name)):
        with database.connect(database=place) as connection:
            connection.execute(commands[what].command.encode())
    with database.admin(cron) as connection:
        left = connection.execute(
            "SELECT username, (now()::date - start_time::date) FROM cron.job_run_details ORDER BY runid"
        ).fetchall()
    assert left == [("postgres", 20), ("app", 3)]  # row-level security: another role's stay
    with database.admin() as connection:
        kept = connection.execute("SELECT job, state FROM cronlift.run_log ORDER BY id").fetchall()
    # The last success and the last run of each stay, and what goes on.
    assert kept == [("a", "succeeded"), ("a", "failed"), ("b", "succeeded"), ("b", "running")]


def test_refused_with_the_grant(app_database: AppDatabase, tmp_path: Path, capsys: Any) -> None:
    assert main(["retention", "--run", str(tmp_path / "run")]) == 1
    said = capsys.readouterr().out
    assert "GRANT USAGE ON SCHEMA cron TO app" in said
    plan = retention(app_database.server, 14, role="postgres")
    assert [job.id for job in plan.jobs] == ["cronlift:retention-history"]
    assert plan.jobs[0].warnings == ()
    assert retention(app_database.server, 14, role="nobody-here").refused[0].code == "no-such-role"
