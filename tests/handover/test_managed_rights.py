"""Least privilege: the owner of the tables, no superuser, goes the managed way with exactly the printed grants."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
sys.path.insert(0, str(Path(__file__).parents[1] / "install"))

from building import DELETE, SCHEMA, application, classified, step

from cronlift.errors import CronliftError
from cronlift.handover import removal
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.operation import perform
from cronlift.handover.start import Start
from cronlift.stages.generate import generate
from cronlift.stages.install import install, rollback

ROLE = "bare"
JOB = classified("Shop.CartCleanupWorker", step(DELETE), schedule="* * * * *")
both = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


@pytest.fixture
def shop(app_database, queue, tmp_path, monkeypatch):
    with app_database.admin() as connection:
        connection.execute(f"DROP ROLE IF EXISTS {ROLE}")
        connection.execute("DROP ROLE IF EXISTS cronlift_owner")
        connection.execute(f"CREATE ROLE {ROLE} LOGIN")
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {ROLE}")
    app_database.execute(SCHEMA + queue, user=ROLE)
    with app_database.admin() as connection:
        connection.execute(f"REVOKE CREATE ON SCHEMA public FROM {ROLE}")
    (tmp_path / "mix.exs").write_text('{:oban, "~> 2.19"}')
    monkeypatch.setenv("PGUSER", ROLE)
    yield app_database
    for database in {app_database.name, app_database.sandbox.cron_database}:
        with app_database.admin(database) as connection:
            if database == app_database.sandbox.cron_database:
                connection.execute("DELETE FROM cron.job")
            connection.execute(f"DROP OWNED BY {ROLE} CASCADE")
            connection.execute("DROP SCHEMA IF EXISTS cronlift CASCADE")
    with app_database.admin() as connection:
        connection.execute(f"DROP ROLE {ROLE}")
        connection.execute("DROP ROLE IF EXISTS cronlift_owner")


def granted(shop, pasted: list[str], act):
    """The act's result, after pasting what it prints as a superuser until it has nothing more to ask."""
    for _ in range(9):
        try:
            return act()
        except CronliftError as error:
            lines = re.findall(r"\\connect \S+|(?:CREATE ROLE|GRANT) [^;]+;", f"{error.where}\n{error.do}")
            assert lines, str(error)
            database = shop.name
            for line in dict.fromkeys(lines):
                if line.startswith("\\connect"):
                    database = line.split()[1]
                    continue
                pasted.append(line)
                with shop.admin(database) as connection:
                    connection.execute(line)
    raise AssertionError(f"no end of grants: {pasted}")


def objects(shop):
    """Whatever there is in the application's database, by name, and pg_cron's entries."""
    named = (
        "SELECT 'schema', nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_' UNION ALL "
        "SELECT 'relation', oid::regclass::text FROM pg_class WHERE relpersistence <> 't' UNION ALL "
        "SELECT 'routine', oid::regprocedure::text FROM pg_proc UNION ALL "
        "SELECT 'type', oid::regtype::text FROM pg_type UNION ALL "
        "SELECT 'trigger', tgname FROM pg_trigger"
    )
    with shop.admin() as connection, shop.admin(shop.sandbox.cron_database) as cron:
        found = {(kind, name) for kind, name in connection.execute(named)}
        return found | {("entry", name) for (name,) in cron.execute("SELECT jobname FROM cron.job")}


@both
def test_the_whole_managed_way_with_exactly_the_printed_grants(shop, tmp_path):
    before = objects(shop)
    pasted: list[str] = []
    plan = granted(shop, pasted, lambda: generate(application(tmp_path, JOB), tmp_path, shop.server, mode="managed"))
    while plan.refused:
        lines = re.findall(r"GRANT [^;]+;", plan.refused[0].why)
        assert lines, plan.refused
        for line in lines:
            pasted.append(line)
            shop.execute(line, user="postgres")
        plan = generate(application(tmp_path, JOB), tmp_path, shop.server, mode="managed")
    assert plan.jobs[0].job_role == ROLE

    def go(operation):
        return granted(shop, pasted, lambda: perform(operation, plan, shop.server, apply=True))

    granted(shop, pasted, lambda: install(plan, shop.server, apply=True))
    with shop.connect(ROLE) as connection:
        connection.autocommit = True
        connection.execute("CALL cronlift.sweep()")
    shop.execute("UPDATE cronlift.heartbeat SET tick = at", user="postgres")
    go(Start(wait=0))
    shop.execute("UPDATE cronlift.gate SET pg_from = pg_from - interval '10 min', rows_from = NULL", user="postgres")
    with shop.connect(ROLE) as connection:
        connection.autocommit = True
        connection.execute(plan.jobs[0].command)
        state = connection.execute(
            "INSERT INTO public.oban_jobs (worker, meta) VALUES ('Shop.CartCleanupWorker', '{\"cron\": true}') "
            "RETURNING state::text"
        ).fetchone()
    assert state == ("cancelled",)
    go(Complete(deployed="4f2a9c1"))
    go(Rollback(wait=0))
    shop.execute(
        "UPDATE cronlift.gate SET pg_from = pg_from - interval '20 min', pg_until = pg_until - interval '10 min', "
        "rows_until = NULL",
        user="postgres",
    )
    granted(shop, pasted, lambda: rollback(plan, shop.server, apply=True))
    removal.uninstall(plan, shop.server, apply=True)
    assert not any("SUPERUSER" in line.upper() for line in pasted)
    assert "CREATE ROLE cronlift_owner NOLOGIN;" in pasted
    assert objects(shop) == before
    with shop.admin() as connection:  # the role was given, so only its giver takes it: nothing needs it any more
        connection.execute("DROP ROLE cronlift_owner")
