"""Install and rollback on real databases with real pg_cron, in both set-ups."""

import psycopg
import pytest
from building import DELETE, application, classified, decision, step
from catalogue import differences, exact
from catalogue import named as snapshot
from psycopg import sql

from cronlift.errors import SafetyError, ServerError
from cronlift.installation import patience
from cronlift.installation.patience import Patience
from cronlift.model.decision import Decisions
from cronlift.model.plan import Plan
from cronlift.stages.generate import generate
from cronlift.stages.install import PLAIN, ROLLED_BACK, install, rollback

HOSTILE = "a'b\"c $job$ $check$ \\ ü; --"

both = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


def states(document) -> list[tuple[str, str]]:
    return [(a.object, a.state) for a in document.actions]


def cron(shop, plan: Plan, statement: str, *values: object) -> list[tuple]:
    with shop.admin(plan.target.cron_database) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@both
def test_there_and_back(shop, plan):
    empty = exact(shop, plan)

    dry = install(plan, shop.server, apply=False)
    assert not dry.applied
    assert {s for _, s in states(dry)} == {"planned"}
    assert differences(empty, exact(shop, plan)) == []

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
    assert differences(empty, exact(shop, plan)) == []
    assert {s for _, s in states(rollback(plan, shop.server, apply=True))} == {"absent"}

    assert {s for _, s in states(install(plan, shop.server, apply=True))} == {"created"}
    assert snapshot(shop, plan) == full


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
    empty = exact(shop, plan)
    install(plan, shop.server, apply=True)
    installed = snapshot(shop, plan)
    rollback(plan, shop.server, apply=True)

    for _ in range(2):  # harmless to repeat
        psql(shop, tmp_path, plan.up_sql)
        assert snapshot(shop, plan) == installed
    assert {s for _, s in states(install(plan, shop.server, apply=False))} == {"present"}
    for _ in range(2):
        psql(shop, tmp_path, plan.down_sql)
        assert differences(empty, exact(shop, plan)) == []


@both
def test_psql_stops_where_install_would(shop, plan, tmp_path):
    """Another server, another database of the name, an edited body under the right mark, another entry's command."""
    empty = snapshot(shop, plan)
    for found, wrong in (
        (plan.target.system_identifier, "7000000000000000001"),
        (f"() ) <> {plan.target.database_oid}".replace("() )", "())"), "()) <> 1"),
    ):
        assert found in plan.up_sql
        for script in (plan.up_sql, plan.down_sql):
            said = psql(shop, tmp_path, script.replace(found, wrong), expect=3)
            assert "made for another server or database" in said
    assert snapshot(shop, plan) == empty

    install(plan, shop.server, apply=True)
    with shop.admin() as connection:
        connection.execute(
            "CREATE OR REPLACE PROCEDURE cart_cleanup_worker_job() LANGUAGE plpgsql SET search_path = public, pg_temp "
            "AS $$ BEGIN DELETE FROM cart; END $$"
        )
    edited = snapshot(shop, plan)
    for script in (plan.up_sql, plan.down_sql):
        said = psql(shop, tmp_path, script, expect=3)
        assert "public.cart_cleanup_worker_job is not the procedure cronlift planned" in said
        assert "sha256 of the body: planned " in said
    # down.sql stopped before it dropped anything
    assert snapshot(shop, plan)["procedures"] == edited["procedures"]


@both
def test_psql_stops_at_another_entry(shop, plan, tmp_path):
    entry(shop, plan, command="SELECT 1")
    before = snapshot(shop, plan)["entries"]
    for script in (plan.up_sql, plan.down_sql):
        said = psql(shop, tmp_path, script, expect=3)
        assert f"{plan.jobs[0].cron_name} is not the cron entry cronlift planned" in said
        assert "command: planned CALL public.cart_cleanup_worker_job(), found SELECT 1" in said
    assert snapshot(shop, plan)["entries"] == before


def psql(shop, folder, script: str, expect: int = 0) -> str:
    """Run a script as a DBA does, from another database than the plan's."""
    (folder / "script.sql").write_bytes(script.encode())
    done = shop.psql("-d", "template1", "-f", str(folder / "script.sql"))
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
        ((key, value),) = changes.items()
        assert f"+{'owner' if key == 'username' else key}: {value}\n" in str(stopped.value)
    assert snapshot(shop, plan) == before


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("COMMENT ON PROCEDURE cart_cleanup_worker_job() IS 'mine'", "+comment: mine"),
        ("ALTER PROCEDURE cart_cleanup_worker_job() OWNER TO postgres", "-owner: app +owner: postgres"),
        ("ALTER PROCEDURE cart_cleanup_worker_job() SECURITY DEFINER", "-security: invoker +security: definer"),
        ("ALTER PROCEDURE cart_cleanup_worker_job() RESET ALL", "-settings: search_path=public, pg_temp"),
        ("GRANT EXECUTE ON PROCEDURE cart_cleanup_worker_job() TO PUBLIC", "-grants: app +grants: PUBLIC, app"),
        ("REVOKE EXECUTE ON PROCEDURE cart_cleanup_worker_job() FROM app", "-grants: app"),
        (
            "CREATE OR REPLACE PROCEDURE cart_cleanup_worker_job() LANGUAGE plpgsql SET search_path = public, pg_temp "
            "AS $$ BEGIN DELETE FROM cart; END $$",
            "+ BEGIN DELETE FROM cart; END",
        ),
    ],
)
def test_an_edited_procedure_stops_both_ways_unless_asked(shop, plan, change, difference):
    install(plan, shop.server, apply=True)
    whole = snapshot(shop, plan)
    with shop.admin() as connection:
        connection.execute(change.encode())
    before = snapshot(shop, plan)
    for act, option in ((install, "--overwrite-edited"), (rollback, "--drop-edited")):
        for apply in (False, True):
            with pytest.raises(SafetyError, match="edited since it was installed") as stopped:
                act(plan, shop.server, apply=apply)
        assert difference in " ".join(str(stopped.value).split())
        assert option in stopped.value.do
    assert snapshot(shop, plan) == before

    shown = install(plan, shop.server, apply=False, overwrite_edited=True)
    assert [s for _, s in states(shown)].count("planned") == 1
    assert "was edited by hand" in shown.notes[-1]
    assert snapshot(shop, plan) == before
    install(plan, shop.server, apply=True, overwrite_edited=True)
    assert snapshot(shop, plan) == whole
    with shop.admin() as connection:
        connection.execute(change.encode())
    rollback(plan, shop.server, apply=True, drop_edited=True)
    assert snapshot(shop, plan)["entries"] == []
    assert {s for _, s in states(install(plan, shop.server, apply=False))} == {"planned"}


@both
@pytest.mark.parametrize("changes", [("command", "SELECT 1"), ("schedule", "1 1 1 1 1")])
def test_an_edited_entry_stops_both_ways_unless_asked(shop, plan, changes):
    install(plan, shop.server, apply=True)
    whole = snapshot(shop, plan)
    edit = f"UPDATE cron.job SET {changes[0]} = %s WHERE jobname = %s"
    cron(shop, plan, edit, changes[1], plan.jobs[0].cron_name)
    before = snapshot(shop, plan)
    for act in (install, rollback):
        with pytest.raises(SafetyError, match="edited since") as stopped:
            act(plan, shop.server, apply=True)
        assert f"+{changes[0]}: {changes[1]}\n" in str(stopped.value)
    assert snapshot(shop, plan) == before
    install(plan, shop.server, apply=True, overwrite_edited=True)
    assert snapshot(shop, plan) == whole
    cron(shop, plan, edit, changes[1], plan.jobs[0].cron_name)
    rollback(plan, shop.server, apply=True, drop_edited=True)
    assert snapshot(shop, plan)["entries"] == []


@both
@pytest.mark.parametrize("asked", [False, True])
def test_what_is_somebody_elses_stays_even_when_edits_may_go(shop, plan, asked):
    """A procedure without the mark and with another body; an entry of another owner: asked or not."""
    shop.execute("CREATE PROCEDURE cart_cleanup_worker_job() LANGUAGE sql AS 'SELECT 1'")
    before = snapshot(shop, plan)
    with pytest.raises(SafetyError, match="something else under a planned name"):
        install(plan, shop.server, apply=True, overwrite_edited=asked)
    with pytest.raises(SafetyError, match="not the one cronlift installed"):
        rollback(plan, shop.server, apply=True, drop_edited=asked)
    assert snapshot(shop, plan) == before
    shop.execute("DROP PROCEDURE cart_cleanup_worker_job()")
    entry(shop, plan, username="postgres")
    before = snapshot(shop, plan)
    with pytest.raises(SafetyError, match="something else under a planned name"):
        install(plan, shop.server, apply=True, overwrite_edited=asked)
    with pytest.raises(SafetyError, match="not the one cronlift installed"):
        rollback(plan, shop.server, apply=True, drop_edited=asked)
    assert snapshot(shop, plan) == before


@both
def test_a_foreign_entry_under_a_name_over_63_bytes(shop, tmp_path):
    """The planned name is cut to what PostgreSQL keeps; a foreign entry of that very name is found all the same."""
    job = classified(f"Shop.{'Very' * 60}LongWorker", step(DELETE))
    made = generate(application(tmp_path, job), tmp_path, shop.server)
    assert len(made.jobs[0].cron_name.encode()) == 63
    entry(shop, made, command="SELECT 1", username="postgres")
    before = snapshot(shop, made)
    for act in (install, rollback):
        with pytest.raises(SafetyError) as stopped:
            act(made, shop.server, apply=True)
        assert made.jobs[0].cron_name in str(stopped.value)
    assert snapshot(shop, made) == before


@both
def test_default_privileges_do_not_open_a_procedure(shop, jobs, tmp_path):
    """Hosted databases let their API's roles execute every new function: the plan takes that back, by name."""
    with shop.admin() as connection:
        connection.execute("DROP ROLE IF EXISTS api_user")
        connection.execute("CREATE ROLE api_user")
        connection.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON ROUTINES TO api_user, app")
    try:
        made = generate(application(tmp_path, *jobs), tmp_path, shop.server)
        assert "FROM PUBLIC, api_user;" in made.up_sql
        install(made, shop.server, apply=True)
        acls = {p[5] for p in snapshot(shop, made)["procedures"] if p[0] == "public" and p[1].endswith("_job")}
        assert acls == {"{app=X/app}"}
        rollback(made, shop.server, apply=True)
    finally:
        with shop.admin() as connection:
            connection.execute("DROP OWNED BY api_user")
            connection.execute("DROP ROLE api_user")


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
def test_two_installers_are_kept_apart(shop, plan, monkeypatch):
    """The second waits for the first one's lock and gives up after a while, or finds everything present."""
    monkeypatch.setattr(patience, "PATIENCE", Patience(attempts=2, lock_timeout=200))
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
def test_hostile_names(shop, jobs, tmp_path):
    """Quotes, dollars, backslashes, Unicode and a long name, from the schema to the cron entry."""
    long = "Ж" * 31
    with shop.admin() as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {} AUTHORIZATION app").format(sql.Identifier(HOSTILE)))
    names = {"cron_name": HOSTILE, "procedure": f"{long}'", "schema_name": HOSTILE}
    job = jobs[1]
    decisions = Decisions(schema_version=1, jobs={job.id: decision(job, **names)})
    made = generate(application(tmp_path, *jobs), tmp_path, shop.server, decisions=decisions)
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
def test_the_app_role_installs_in_its_own_database(shop, jobs, tmp_path, monkeypatch):
    """Without superuser rights, with pg_cron in the app's database: USAGE on schema cron is all it takes."""
    with shop.admin() as connection:
        connection.execute("GRANT pg_read_all_settings TO app")
        connection.execute("GRANT USAGE ON SCHEMA cron TO app")
        connection.execute("GRANT CREATE ON SCHEMA public TO app")
    monkeypatch.setenv("PGUSER", "app")
    try:
        made = generate(application(tmp_path, *jobs), tmp_path, shop.server)
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
        with pytest.raises(ServerError, match="may not do all that is needed; nothing was changed") as refused:
            install(plan, shop.server, apply=True)
    finally:
        with shop.admin(plan.target.cron_database) as connection:
            connection.execute("REVOKE pg_read_all_settings FROM app")
    assert "up.sql" in refused.value.do
    assert "GRANT USAGE ON SCHEMA cron TO app;" in refused.value.do
    assert snapshot(shop, plan) == before
