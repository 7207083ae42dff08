"""Install and rollback on real databases with real pg_cron, in both set-ups."""

import subprocess
from contextlib import ExitStack

import psycopg
import pytest
from building import DELETE, INSERT, REFRESH, SCHEMA, application, classified, decision, step
from psycopg import sql

from cronlift.errors import SafetyError, ServerError
from cronlift.model.decision import Decisions
from cronlift.model.plan import Plan
from cronlift.stages.generate import generate
from cronlift.stages.install import PLAIN, ROLLED_BACK, install, rollback

JOBS = (
    classified("Shop.CartCleanupWorker", step(DELETE), schedule="*/15 * * * *"),
    classified("Shop.PrewarmWorker", step(REFRESH), step(INSERT), schedule="0 */6 * * *"),
    classified("Shop.VacuumWorker", step("VACUUM cart"), schedule="30 3 * * 0"),
)
HOSTILE = "a'b\"c $job$ $check$ \\ ü; --"

both = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


@pytest.fixture
def shop(app_database):
    app_database.execute(SCHEMA)
    return app_database


@pytest.fixture
def plan(shop, tmp_path) -> Plan:
    made = generate(application(tmp_path, *JOBS), tmp_path, shop.server)
    assert made.refused == ()
    return made


def snapshot(shop, plan: Plan) -> dict[str, list[tuple]]:
    """All of both catalogs that an installer could touch."""
    with ExitStack() as stack:
        app = stack.enter_context(shop.admin())
        cron = stack.enter_context(shop.admin(plan.target.cron_database))
        queries = {
            "procedures": "SELECT n.nspname, proname, prosrc, proconfig, proowner, proacl::text, "
            "obj_description(p.oid, 'pg_proc') FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace "
            "WHERE n.nspname !~ '^(pg_|information_schema)' ORDER BY 1, 2, 3",
            "relations": "SELECT relname, relowner, relacl::text FROM pg_class "
            "WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
            "rows": "SELECT * FROM cart ORDER BY id",
            "depend": "SELECT classid, deptype, count(*) FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database "
            "WHERE datname = current_database()) GROUP BY 1, 2 ORDER BY 1, 2",
        }
        found = {name: app.execute(query).fetchall() for name, query in queries.items()}
        found["entries"] = cron.execute(
            "SELECT jobname, schedule, command, database, username, nodename, active FROM cron.job ORDER BY 1"
        ).fetchall()
    return found


def states(document) -> list[tuple[str, str]]:
    return [(a.object, a.state) for a in document.actions]


def cron(shop, plan: Plan, statement: str, *values: object) -> list[tuple]:
    with shop.admin(plan.target.cron_database) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@both
def test_there_and_back(shop, plan):
    empty = snapshot(shop, plan)

    dry = install(plan, shop.server, apply=False)
    assert not dry.applied
    assert {s for _, s in states(dry)} == {"planned"}
    assert snapshot(shop, plan) == empty

    done = install(plan, shop.server, apply=True)
    assert done.applied
    assert done.notes == (PLAIN,)
    assert states(done) == [("procedure", "created")] * 2 + [("cron_entry", "created")] * 3
    full = snapshot(shop, plan)
    assert [(e[0].rpartition(".")[2], *e[1:5]) for e in full["entries"]] == [
        ("CartCleanupWorker", "*/15 * * * *", "CALL public.cart_cleanup_worker_job()", shop.name, "app"),
        ("PrewarmWorker", "0 */6 * * *", "CALL public.prewarm_worker_job()", shop.name, "app"),
        ("VacuumWorker", "30 3 * * 0", "VACUUM public.cart", shop.name, "app"),
    ]

    again = install(plan, shop.server, apply=True)
    assert {s for _, s in states(again)} == {"present"}
    assert snapshot(shop, plan) == full

    shown = rollback(plan, shop.server, apply=False)
    assert {s for _, s in states(shown)} == {"planned"}
    assert snapshot(shop, plan) == full

    back = rollback(plan, shop.server, apply=True)
    assert states(back) == [("cron_entry", "removed")] * 3 + [("procedure", "removed")] * 2
    assert back.notes == (ROLLED_BACK,)
    assert snapshot(shop, plan) == empty
    assert {s for _, s in states(rollback(plan, shop.server, apply=True))} == {"absent"}


@both
def test_the_procedures_do_what_the_app_did(shop, plan):
    install(plan, shop.server, apply=True)
    with shop.connect() as connection:
        connection.autocommit = True
        connection.execute("UPDATE cart SET expires_at = 'infinity' WHERE id = 1")
        for job in plan.jobs:
            connection.execute(job.command)
        rows = connection.execute(
            "SELECT count(*) FILTER (WHERE id < 1000), count(*) FILTER (WHERE id > 1000) FROM cart"
        )
        assert rows.fetchone() == (1, 10)
        assert connection.execute("SHOW search_path").fetchone() == ("public, pg_temp",)
    with shop.admin() as connection:
        connection.execute("CREATE ROLE stranger")
        connection.execute("SET ROLE stranger")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(plan.jobs[0].command)
        connection.rollback()


@both
def test_psql_runs_the_same_statements(shop, plan, tmp_path):
    """What a DBA applies with up.sql is what install would have made: install then finds all of it present."""
    empty = snapshot(shop, plan)
    install(plan, shop.server, apply=True)
    installed = snapshot(shop, plan)
    rollback(plan, shop.server, apply=True)

    psql(shop, tmp_path, plan.up_sql)
    assert snapshot(shop, plan) == installed
    assert {s for _, s in states(install(plan, shop.server, apply=False))} == {"present"}
    assert psql(shop, tmp_path, plan.up_sql, expect=3) != ""
    assert snapshot(shop, plan) == installed
    psql(shop, tmp_path, plan.down_sql)
    assert snapshot(shop, plan) == empty
    assert "cronlift installed" in psql(shop, tmp_path, plan.down_sql, expect=3)


def psql(shop, folder, script: str, expect: int = 0) -> str:
    """Run a script as a DBA does, from another database than the plan's."""
    (folder / "script.sql").write_bytes(script.encode())
    settings = ["host", "port"]
    options = [f"--{k}={shop.sandbox.environment[f'PG{k.upper()}']}" for k in settings]
    done = subprocess.run(
        ["psql", "-X", "-q", "-U", "postgres", "-d", "template1", *options, "-f", str(folder / "script.sql")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == expect, done.stderr
    return done.stderr


def entry(shop, plan: Plan, **changes: str) -> None:
    """Put an entry of the first job's name there, as planned but for ``changes``."""
    job = plan.jobs[0]
    values = {"schedule": job.schedule.pg_cron, "command": job.command, "database": shop.name, "username": "app"}
    values |= changes
    cron(
        shop,
        plan,
        "SELECT cron.schedule_in_database(%s, %s, %s, %s, %s)",
        job.cron_name,
        values["schedule"],
        values["command"],
        values["database"],
        values["username"],
    )


@both
@pytest.mark.parametrize(
    "changes",
    [{"command": "SELECT 1"}, {"schedule": "1 1 1 1 1"}, {"database": "template1"}, {"username": "postgres"}],
)
def test_a_foreign_cron_entry_stops_both_ways(shop, plan, changes):
    entry(shop, plan, **changes)
    before = snapshot(shop, plan)
    for act in (install, rollback):
        with pytest.raises(SafetyError) as stopped:
            act(plan, shop.server, apply=True)
        assert plan.jobs[0].cron_name in str(stopped.value)
        assert f"found {next(iter(changes.values()))}" in str(stopped.value)
    assert snapshot(shop, plan) == before


@both
@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("COMMENT ON PROCEDURE cart_cleanup_worker_job() IS 'mine'", "comment: found mine"),
        ("ALTER PROCEDURE cart_cleanup_worker_job() OWNER TO postgres", "owner: found postgres, planned app"),
        ("ALTER PROCEDURE cart_cleanup_worker_job() SECURITY DEFINER", "security: found definer"),
        ("ALTER PROCEDURE cart_cleanup_worker_job() RESET ALL", "settings: found none"),
        ("GRANT EXECUTE ON PROCEDURE cart_cleanup_worker_job() TO PUBLIC", "executable by PUBLIC: found yes"),
        (
            "CREATE OR REPLACE PROCEDURE cart_cleanup_worker_job() LANGUAGE plpgsql SET search_path = public, pg_temp "
            "AS $$ BEGIN DELETE FROM cart; END $$",
            "- BEGIN DELETE FROM cart; END ",
        ),
    ],
)
def test_a_changed_procedure_stops_both_ways(shop, plan, change, difference):
    install(plan, shop.server, apply=True)
    with shop.admin() as connection:
        connection.execute(change.encode())
    before = snapshot(shop, plan)
    for act in (install, rollback):
        with pytest.raises(SafetyError) as stopped:
            act(plan, shop.server, apply=True)
        assert difference in str(stopped.value)
    assert snapshot(shop, plan) == before


def test_a_foreign_procedure_of_the_name_survives(shop, plan):
    shop.execute("CREATE FUNCTION cart_cleanup_worker_job() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    before = snapshot(shop, plan)
    with pytest.raises(SafetyError, match="something else"):
        install(plan, shop.server, apply=True)
    assert snapshot(shop, plan) == before


def test_a_second_entry_of_another_owner_under_the_name(shop, plan):
    """Names are unique per owner: ours can be as planned and another's stand beside it."""
    install(plan, shop.server, apply=True)
    entry(shop, plan, username="postgres")
    with pytest.raises(SafetyError, match="there is something else"):
        install(plan, shop.server, apply=True)


@both
@pytest.mark.parametrize("half", ["DROP PROCEDURE prewarm_worker_job()", "entry"])
def test_what_is_missing_is_finished(shop, plan, half):
    install(plan, shop.server, apply=True)
    whole = snapshot(shop, plan)
    if half == "entry":
        cron(shop, plan, "DELETE FROM cron.job WHERE jobname LIKE %s", "%Prewarm%")
    else:
        shop.execute(half)
    done = install(plan, shop.server, apply=True)
    assert [s for _, s in states(done)].count("created") == 1
    assert snapshot(shop, plan) == whole


def test_a_failure_in_the_second_database_leaves_a_state_that_a_second_run_finishes(shop, plan):
    cron(
        shop,
        plan,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE check_violation; END $$",
    )
    cron(shop, plan, "CREATE TRIGGER refuse BEFORE INSERT ON cron.job FOR EACH ROW EXECUTE FUNCTION refuse()")
    try:
        with pytest.raises(ServerError, match="a second run finishes"):
            install(plan, shop.server, apply=True)
    finally:
        cron(shop, plan, "DROP TRIGGER refuse ON cron.job")
        cron(shop, plan, "DROP FUNCTION refuse()")
    half = snapshot(shop, plan)
    assert half["entries"] == []
    assert len(half["procedures"]) == 3  # ours and the application's function
    done = install(plan, shop.server, apply=True)
    assert states(done) == [("procedure", "present")] * 2 + [("cron_entry", "created")] * 3


@both
def test_another_server_or_database_is_a_stop(shop, plan):
    for field, value in (("system_identifier", "1"), ("database_oid", 1), ("cron_database_oid", 1)):
        target = plan.target.model_copy(update={field: value})
        with pytest.raises(SafetyError, match="another server or database") as stopped:
            install(
                plan.model_copy(update={"target": target}).model_copy(update=_scripts(plan, target)),
                shop.server,
                apply=True,
            )
        assert field in str(stopped.value)


def _scripts(plan: Plan, target) -> dict[str, str]:
    from cronlift.generate import script

    return {"up_sql": script.up(plan.jobs, target), "down_sql": script.down(plan.jobs, target)}


def test_an_edited_plan_is_a_stop(shop, plan):
    job = plan.jobs[0].model_copy(update={"command": "CALL public.something_else()"})
    with pytest.raises(SafetyError, match="not what this cronlift would run"):
        install(plan.model_copy(update={"jobs": (job, *plan.jobs[1:])}), shop.server, apply=True)


@both
def test_two_installers_are_kept_apart(shop, plan):
    """The second waits for the first one's lock and gives up after a while, or finds everything present."""
    with shop.admin(plan.target.cron_database) as other:
        other.execute("SELECT pg_advisory_lock(1668443758, 1)")
        with pytest.raises(SafetyError, match="another cronlift"):
            install(plan, shop.server, apply=True)
        assert {s for _, s in states(install(plan, shop.server, apply=False))} == {"planned"}
    assert {s for _, s in states(install(plan, shop.server, apply=True))} == {"created"}


@both
def test_a_paused_entry_is_present_and_said(shop, plan):
    install(plan, shop.server, apply=True)
    cron(shop, plan, "UPDATE cron.job SET active = false WHERE jobname = %s", plan.jobs[0].cron_name)
    done = install(plan, shop.server, apply=True)
    assert {s for _, s in states(done)} == {"present"}
    assert plan.jobs[0].cron_name in done.notes[1]
    rollback(plan, shop.server, apply=True)


@both
def test_hostile_names(shop, tmp_path):
    """Quotes, dollars, backslashes, Unicode and a long name, from the schema to the cron entry."""
    long = "Ж" * 31
    with shop.admin() as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION app").format(sql.Identifier(HOSTILE)))
    names = {"cron_name": HOSTILE, "procedure": f"{long}'", "schema_name": HOSTILE}
    job = JOBS[1]
    decisions = Decisions(schema_version=1, jobs={job.id: decision(job, **names)})
    made = generate(application(tmp_path, *JOBS), tmp_path, shop.server, decisions=decisions)
    assert [j.cron_name for j in made.jobs] == [HOSTILE]
    empty = snapshot(shop, made)
    install(made, shop.server, apply=True)
    full = snapshot(shop, made)
    assert full["entries"][0][0] == HOSTILE
    with shop.connect() as connection:
        connection.autocommit = True
        connection.execute(made.jobs[0].command)
    rollback(made, shop.server, apply=True)
    assert snapshot(shop, made)["procedures"] == empty["procedures"]
    psql(shop, tmp_path, made.up_sql)
    assert snapshot(shop, made)["entries"] == full["entries"]
    psql(shop, tmp_path, made.down_sql)
    assert snapshot(shop, made)["entries"] == []


@pytest.mark.parametrize("app_database", ["own"], indirect=True)
def test_the_app_role_installs_in_its_own_database(shop, tmp_path, monkeypatch):
    """Without superuser rights, with pg_cron in the app's database: USAGE on schema cron is all it takes."""
    with shop.admin() as connection:
        connection.execute("GRANT pg_read_all_settings TO app")
        connection.execute("GRANT USAGE ON SCHEMA cron TO app")
        connection.execute("GRANT CREATE ON SCHEMA public TO app")
    monkeypatch.setenv("PGUSER", "app")
    try:
        made = generate(application(tmp_path, *JOBS), tmp_path, shop.server)
        assert states(install(made, shop.server, apply=True))[-1] == ("cron_entry", "created")
        assert {e[4] for e in snapshot(shop, made)["entries"]} == {"app"}
        assert states(rollback(made, shop.server, apply=True))[0] == ("cron_entry", "removed")
    finally:
        with shop.admin() as connection:
            connection.execute("REVOKE pg_read_all_settings FROM app")
            connection.execute("REVOKE USAGE ON SCHEMA cron FROM app")


def test_without_the_rights_it_is_said_what_is_missing(shop, plan, monkeypatch):
    with shop.admin(plan.target.cron_database) as connection:
        connection.execute("GRANT pg_read_all_settings TO app")
    monkeypatch.setenv("PGUSER", "app")
    before = snapshot(shop, plan)
    try:
        with pytest.raises(ServerError, match="permission denied") as refused:
            install(plan, shop.server, apply=True)
    finally:
        with shop.admin(plan.target.cron_database) as connection:
            connection.execute("REVOKE pg_read_all_settings FROM app")
    assert "up.sql" in refused.value.do
    assert snapshot(shop, plan) == before
