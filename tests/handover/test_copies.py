"""A clone and a restored dump of a managed database run nothing; nor does the migration touch an open gate."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import DELETE, SCHEMA, application, classified, step
from test_migration import part

from cronlift.sandbox import libraries
from cronlift.stages.generate import generate
from cronlift.stages.install import install

JOB = classified("Shop.CartCleanupWorker", step(DELETE), schedule="* * * * *")


@pytest.fixture
def shop(app_database, queue):
    app_database.execute(SCHEMA)
    app_database.execute(queue)
    return app_database


@pytest.fixture
def plan(shop, tmp_path):
    made = generate(application(tmp_path, JOB), tmp_path, shop.server, mode="managed")
    install(made, shop.server, apply=True)
    shop.execute("UPDATE cronlift.gate SET state = 'started', pg_from = '2026-01-01'", user="postgres")
    return made


def runs_nothing(shop, plan, copy: str) -> None:
    """The runner and the sweeper do nothing, and the fence lets rows pass."""
    with shop.connect(database=copy) as connection:
        connection.autocommit = True
        for command in (plan.jobs[0].command, "CALL cronlift.sweep()"):
            connection.execute(command)
        state = connection.execute(
            "INSERT INTO public.oban_jobs (worker, meta) VALUES ('Shop.CartCleanupWorker', '{\"cron\": true}') "
            "RETURNING state::text"
        ).fetchone()
    assert state == ("available",)
    with shop.admin(copy) as connection:
        assert connection.execute("SELECT count(*) FROM cronlift.run_log").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM public.cart").fetchone() == (10,)


@pytest.fixture
def copy(shop):
    name = f"{shop.name}_copy"
    yield name
    with shop.admin("postgres") as connection:
        connection.autocommit = True
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_a_clone_runs_nothing(shop, plan, copy):
    with shop.admin("postgres") as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {copy} TEMPLATE {shop.name} OWNER app")
    runs_nothing(shop, plan, copy)


def test_a_restored_dump_runs_nothing(shop, plan, copy):
    programs = shop.sandbox.programs
    environment = libraries.environment(programs.library_path) | shop.sandbox.environment
    dumped = subprocess.run(
        [programs.program("pg_dump"), "--inserts", "-U", "postgres", shop.name],
        env=environment,
        capture_output=True,
        check=True,
    )
    with shop.admin("postgres") as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {copy} OWNER app")
    done = shop.psql("-v", "ON_ERROR_STOP=1", "-d", copy, text=dumped.stdout.decode())
    assert done.returncode == 0, done.stderr
    runs_nothing(shop, plan, copy)


def test_a_structure_dump_has_an_empty_gate(shop, plan, copy):
    """What a team keeps as structure.sql: procedures, the schema, the fence; no row, so nothing runs."""
    programs = shop.sandbox.programs
    environment = libraries.environment(programs.library_path) | shop.sandbox.environment
    dumped = subprocess.run(
        [programs.program("pg_dump"), "-s", "-U", "postgres", shop.name],
        env=environment,
        capture_output=True,
        check=True,
    )
    with shop.admin("postgres") as connection:
        connection.autocommit = True
        connection.execute(f"CREATE DATABASE {copy} OWNER app")
    done = shop.psql("-v", "ON_ERROR_STOP=1", "-d", copy, text=dumped.stdout.decode())
    assert done.returncode == 0, done.stderr
    with shop.connect(database=copy) as connection:
        connection.autocommit = True
        with pytest.raises(psycopg.errors.RaiseException, match="cronlift has no job"):
            connection.execute(plan.jobs[0].command)
        connection.execute("CALL cronlift.sweep()")
        state = connection.execute(
            "INSERT INTO public.oban_jobs (worker, meta) VALUES ('Shop.CartCleanupWorker', '{\"cron\": true}') "
            "RETURNING state::text"
        ).fetchone()
    assert state == ("available",)


def test_the_migration_makes_procedures_only_and_goes_back_only_behind_a_shut_gate(shop, plan):
    up, down = part(plan.migration.text, "up"), part(plan.migration.text, "down")
    assert not any("cron.schedule" in statement or "cronlift.gate" in statement for statement in up)
    with shop.connect() as connection:
        for statement in up:  # install was here first: it finds the procedure as planned
            connection.execute(statement.encode())
    with shop.admin() as connection, pytest.raises(psycopg.errors.RaiseException, match="pg_cron owns jobs"):
        for statement in down:
            connection.execute(statement.encode())
    shop.execute("UPDATE cronlift.gate SET state = 'shut', pg_from = NULL", user="postgres")
    with shop.admin() as connection:
        for statement in down:
            connection.execute(statement.encode())
        row = connection.execute("SELECT to_regprocedure('cart_cleanup_worker_job()')").fetchone()
    assert row == (None,)
