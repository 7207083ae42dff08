"""The generate stage against a real server: what is planned, what is refused, and that nothing is changed."""

import os
from pathlib import Path

import pytest
from building import DELETE, INSERT, REFRESH, SCHEMA, application, classified, decision, step

from cronlift.elixir import clock, clock_parts
from cronlift.elixir.values import Clock
from cronlift.errors import UsageError
from cronlift.model.decision import Decisions
from cronlift.model.plan import Plan
from cronlift.model.verdict import ClassifiedJob
from cronlift.stages.generate import generate

GOLDEN = Path(__file__).parent / "golden"

CLEANUP = classified("Shop.CartCleanupWorker", step(DELETE), schedule="*/15 * * * *")
REFRESHING = classified("Shop.HotRefreshWorker", step(REFRESH))
PREWARM = classified("Shop.PrewarmWorker", step(REFRESH), step(INSERT), schedule="0 */6 * * *")


@pytest.fixture
def shop(app_database):
    app_database.execute(SCHEMA)
    return app_database


def plan(shop, folder: Path, *jobs: ClassifiedJob, decide: dict[str, dict] | None = None, **options) -> Plan:
    decisions = None
    if decide is not None:
        chosen = {j.id: decision(j, **decide[j.worker]) for j in jobs if j.worker in decide}
        decisions = Decisions(schema_version=1, jobs=chosen)
    return generate(application(folder, *jobs), folder, shop.server, decisions=decisions, **options)


def only(made: Plan):
    assert made.refused == ()
    (job,) = made.jobs
    return job


def refusal(made: Plan) -> tuple[str, str]:
    assert made.jobs == ()
    (refused,) = made.refused
    return refused.code, refused.why


def golden(name: str, text: str, shop) -> None:
    """Compare with a golden file; the database's name differs from run to run."""
    shown = text.replace(shop.name, "DATABASE").rstrip("\n") + "\n"
    if os.environ.get("CRONLIFT_UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(shown, encoding="utf-8")
    assert shown == (GOLDEN / name).read_text(encoding="utf-8")


def test_a_simple_job_has_at_most_ten_lines(shop, tmp_path):
    job = only(plan(shop, tmp_path, CLEANUP))
    assert job.command == "CALL public.cart_cleanup_worker_job()"
    assert job.cron_name == f"cronlift/{shop.name}/Shop.CartCleanupWorker"
    assert (job.job_role, job.schedule.pg_cron, job.commits) == ("app", "*/15 * * * *", False)
    assert len(job.procedure_sql.split("\n")) <= 10
    golden("simple.sql", job.procedure_sql, shop)


def test_statements_the_app_committed_one_by_one(shop, tmp_path):
    job = only(plan(shop, tmp_path, PREWARM))
    assert job.commits
    golden("commits.sql", job.procedure_sql, shop)


def test_statements_of_one_transaction_stay_in_one(shop, tmp_path):
    steps = [step(DELETE, transaction=1), step(INSERT, transaction=1)]
    job = only(plan(shop, tmp_path, classified("Shop.Both", *steps)))
    assert not job.commits
    assert "COMMIT" not in job.procedure_sql
    assert DELETE in job.procedure_sql
    assert INSERT in job.procedure_sql


def test_commits_stand_between_transactions_only(shop, tmp_path):
    numbers = [None, 1, 1, 2, None, None]
    steps = [step(f"DELETE FROM cart WHERE id = {i}", transaction=t) for i, t in enumerate(numbers)]
    text = only(plan(shop, tmp_path, classified("Shop.Mixed", *steps))).procedure_sql
    order = [line.strip() for line in text.split("\n") if "cart" in line or "COMMIT" in line]
    assert [line.split(" = ")[-1] for line in order] == [
        "0;", "COMMIT;", "1;", "2;", "COMMIT;", "3;", "COMMIT;", "4;", "COMMIT;", "5;",
    ]  # fmt: skip


def test_rows_nobody_reads(shop, tmp_path):
    steps = [
        step("SELECT forget_carts()", transaction=1),
        step("WITH x AS (SELECT 1) SELECT forget_carts() FROM x", transaction=1),
        step("DELETE FROM cart WHERE found = '$sql$' RETURNING id", transaction=1),
        step("/* all of it */ select * from hot_item -- yes", transaction=1),
    ]
    job = only(plan(shop, tmp_path, classified("Shop.Rows", *steps)))
    golden("rows.sql", job.procedure_sql, shop)
    run(shop, job.procedure_sql, job.command)


def test_qualified_where_no_clause_pins_the_path(shop, tmp_path):
    """CTEs, their shadows, aliases and pg_catalog stay; the app's relations and functions get their schemas."""
    shop.execute('CREATE SCHEMA "Späti"; CREATE TABLE "Späti"."Täg" (id int); CREATE SCHEMA other;')
    shop.execute("CREATE FUNCTION other.age(date) RETURNS interval LANGUAGE sql AS $$ SELECT interval '1 day' $$")
    shop.execute(f'ALTER ROLE app IN DATABASE {shop.name} SET search_path = other, "Späti", public')
    steps = [
        step(
            "WITH cart AS (SELECT * FROM cart WHERE found <> $$é cart$$) "
            'DELETE FROM "Täg" USING cart c WHERE c.id = "Täg".id'
        ),
        step(
            "SELECT age(i.created), lower('cart') FROM item i WHERE i.id IN (SELECT id FROM hot_item) FOR UPDATE OF i"
        ),
        step(
            "INSERT INTO cart_archive SELECT * FROM public.cart c "
            "WHERE NOT EXISTS (SELECT FROM cart_archive a WHERE a.id = c.id)"
        ),
    ]
    job = only(plan(shop, tmp_path, classified("Shop.Names", *steps), decide={"Shop.Names": {"schema_name": "public"}}))
    golden("qualified.sql", job.procedure_sql, shop)
    run(shop, job.procedure_sql, job.command)


def run(shop, procedure_sql: str, command: str) -> None:
    with shop.admin() as connection:
        connection.autocommit = True
        connection.execute(procedure_sql)
        connection.execute(command)


def test_parameters_get_the_types_the_server_infers(shop, tmp_path):
    statement = "UPDATE item SET price = $1 WHERE id = $2 AND hot = $3 AND $4 = 'é'"
    values = ["1.5", "2", "true", "'é'"]
    job = only(plan(shop, tmp_path, classified("Shop.Price", step(statement, *values))))
    assert (
        "UPDATE item SET price = CAST(1.5 AS numeric) "
        "WHERE id = CAST(2 AS bigint) AND hot = CAST(true AS boolean) AND CAST('é' AS text) = 'é'"
    ) in job.procedure_sql
    run(shop, job.procedure_sql, job.command)
    with shop.connect() as connection:
        rows = connection.execute("SELECT id FROM item WHERE price = 1.5 ORDER BY id").fetchall()
    assert rows == [(2,)]


@pytest.mark.parametrize(
    ("statement", "command"),
    [
        ("VACUUM (ANALYZE) cart, item ;", "VACUUM (ANALYZE) public.cart, public.item"),
        ("REINDEX TABLE CONCURRENTLY public.cart", "REINDEX TABLE CONCURRENTLY public.cart"),
        ("VACUUM", "VACUUM"),
    ],
)
def test_what_must_stand_alone_is_the_cron_command_itself(shop, tmp_path, statement, command):
    job = only(plan(shop, tmp_path, classified("Shop.Vacuum", step(statement))))
    assert (job.command, job.procedure_sql, job.schema_name) == (command, None, None)


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([step("VACUUM cart"), step(DELETE)], "must-stand-alone"),
        ([step(DELETE, condition="enabled?()")], "conditional-step"),
        ([step(DELETE), step(DELETE, repo="Shop.Replica")], "several-repos"),
        ([step("DELETE FROM nowhere")], "relation-not-found"),
        ([step("SELECT nothing_like_it()")], "not-accepted-by-server"),
        ([step("CALL nothing_like_it()")], "not-accepted-by-server"),
        ([step("CALL gives_back(NULL)")], "call-returns"),
        ([step("CREATE INDEX ON cart (nothing_like_it(id))")], "function-not-found"),
        ([step("DELETE FROM cart WHERE no_column = 1")], "not-accepted-by-server"),
        ([step("REFRESH MATERIALIZED VIEW CONCURRENTLY plain_item")], "no-unique-index"),
        ([step("REFRESH MATERIALIZED VIEW CONCURRENTLY empty_item")], "not-populated"),
        ([step("DELETE FROM cart WHERE id = $1")], "parameter-unknown"),
        ([step("DELETE FROM cart WHERE id = $1", "'many'")], "parameter-type"),
        ([step("DELETE FROM cart WHERE id = $1", "1.5")], "parameter-type"),
        ([step("SELECT 1 INTO kept")], "unfit-statement"),
        ([step("DROP INDEX CONCURRENTLY item_pkey")], "unqualified-name"),
        ([step("DELETE FROM cart WHERE expires_at < $1", "now()")] * 2, "value-across-commits"),
        ([], "no-statements"),
    ],
)
def test_refused_with_a_reason(shop, tmp_path, steps, code):
    shop.execute("CREATE PROCEDURE gives_back(INOUT n integer) LANGUAGE plpgsql AS $$ BEGIN n := 1; END $$")
    found, why = refusal(plan(shop, tmp_path, classified("Shop.Bad", *steps)))
    assert found == code
    assert why


@pytest.mark.parametrize(("schedule", "zone"), [("@reboot", "Etc/UTC")])
def test_a_schedule_that_is_not_proved_equal_is_refused(shop, tmp_path, schedule, zone):
    job = classified("Shop.Odd", step(DELETE), schedule=schedule, timezone=zone)
    code, why = refusal(plan(shop, tmp_path, job))
    assert code.startswith("schedule-")
    assert schedule in why


def test_a_refused_job_does_not_hold_up_the_others(shop, tmp_path):
    bad = classified("Shop.Bad", step("DELETE FROM nowhere"))
    made = plan(shop, tmp_path, bad, CLEANUP)
    assert [j.id for j in made.jobs] == [CLEANUP.id]
    assert [r.id for r in made.refused] == [bad.id]
    assert "Shop.Bad" not in made.up_sql
    assert '+    {"0 * * * *", Shop.Bad}\n' in made.patch


def test_what_only_the_deployment_knows_is_asked(shop, tmp_path):
    question = {"code": "conditional-entry", "text": "only there if X", "file": "config/config.exs", "line": 3}
    job = classified("Shop.CartCleanupWorker", step(DELETE), reasons=[question])
    code, why = refusal(plan(shop, tmp_path, job))
    assert code == "conditional-entry" and "config/config.exs:3" in why and "decide" in why
    assert only(plan(shop, tmp_path, job, decide={job.worker: {"why": "it is there"}}))


def test_statements_that_mean_the_sessions_zone_need_one_zone(shop, tmp_path):
    question = {"code": "session-time-zone", "text": "current_date", "file": "lib/a.ex", "line": 3}
    job = classified("Shop.Zoned", step("DELETE FROM item WHERE created < CURRENT_DATE"), reasons=[question])
    assert refusal(plan(shop, tmp_path, job))[0] == "session-time-zone"  # not decided
    decide = {job.worker: {"why": "no session has a zone of its own"}}
    assert only(plan(shop, tmp_path, job, decide=decide))
    with shop.admin() as connection:
        connection.execute("CREATE ROLE zoned LOGIN IN ROLE app")
        connection.execute("ALTER ROLE zoned SET TimeZone = 'Asia/Tokyo'")
    try:
        decide[job.worker]["job_role"] = "zoned"
        code, why = refusal(plan(shop, tmp_path, job, decide=decide))
        assert code == "session-time-zone" and "zoned Asia/Tokyo" in why
    finally:
        with shop.admin() as connection:
            connection.execute("DROP ROLE zoned")


@pytest.mark.parametrize("more", [(), (step(INSERT),)], ids=["one transaction", "several"])
def test_settings_of_the_apps_sessions_are_made_first(shop, tmp_path, more):
    job = classified("Shop.Zoned", step(DELETE), *more, session={"timezone": "Asia/Tokyo"})
    made = only(plan(shop, tmp_path, job))
    local = "false" if more else "true"
    assert f"PERFORM pg_catalog.set_config('timezone', 'Asia/Tokyo', {local});" in made.procedure_sql
    assert made.procedure_sql.index("timezone") < made.procedure_sql.index("DELETE")
    alone = classified("Shop.Alone", step("VACUUM cart"), session={"timezone": "Asia/Tokyo"})
    assert refusal(plan(shop, tmp_path, alone))[0] == "session-settings"


def test_the_job_role(shop, tmp_path):
    with shop.admin() as connection:
        connection.execute("ALTER TABLE cart OWNER TO postgres")
    assert refusal(plan(shop, tmp_path, CLEANUP))[0] == "superuser-role"
    chosen = {"Shop.CartCleanupWorker": {"job_role": "app"}}
    code, why = refusal(plan(shop, tmp_path, CLEANUP, decide=chosen))
    said = "role app would run the job but lacks DELETE on cart; to give it: GRANT DELETE ON public.cart TO app;"
    assert (code, why) == ("missing-privilege", said)
    with shop.admin() as connection:
        connection.execute("GRANT SELECT, DELETE ON cart TO app")
    assert only(plan(shop, tmp_path, CLEANUP, decide=chosen)).job_role == "app"
    superuser = {"Shop.CartCleanupWorker": {"superuser": True}}
    assert only(plan(shop, tmp_path, CLEANUP, decide=superuser)).job_role == "postgres"
    mixed = classified("Shop.Mixed", step(DELETE), step("DELETE FROM item"))
    assert refusal(plan(shop, tmp_path, mixed))[0] == "several-owners"
    assert refusal(plan(shop, tmp_path, CLEANUP, decide={CLEANUP.worker: {"job_role": "nobody"}}))[0] == "no-such-role"
    reader = {CLEANUP.worker: {"job_role": "pg_read_all_data"}}
    assert refusal(plan(shop, tmp_path, CLEANUP, decide=reader))[0] == "role-cannot-log-in"


def test_a_function_that_only_its_owner_may_call(shop, tmp_path):
    shop.execute("REVOKE EXECUTE ON FUNCTION forget_carts() FROM PUBLIC")
    job = classified("Shop.Calls", step("SELECT forget_carts()"))
    assert only(plan(shop, tmp_path, job)).job_role == "app"
    with shop.admin() as connection:
        connection.execute("ALTER FUNCTION forget_carts() OWNER TO postgres")
    code, why = refusal(plan(shop, tmp_path, job, decide={"Shop.Calls": {"job_role": "app"}}))
    assert (code, why.rpartition(" lacks ")[2]) == (
        "missing-privilege",
        "EXECUTE on forget_carts(); to give it: GRANT EXECUTE ON ROUTINE public.forget_carts() TO app;",
    )


def test_row_level_security_is_said(shop, tmp_path):
    shop.execute("ALTER TABLE cart ENABLE ROW LEVEL SECURITY; ALTER TABLE cart FORCE ROW LEVEL SECURITY")
    assert only(plan(shop, tmp_path, CLEANUP)).warnings == ("row-level security of public.cart applies to app",)


def test_names_by_decision(shop, tmp_path):
    shop.execute("CREATE SCHEMA jobs")
    names = {"cron_name": "cart-cleanup", "procedure": "cleanup_carts_task()", "schema_name": "jobs"}
    job = only(plan(shop, tmp_path, CLEANUP, decide={CLEANUP.worker: names}))
    assert (job.cron_name, job.command) == ("cart-cleanup", "CALL jobs.cleanup_carts_task()")


def test_the_schema_must_be_there_and_usable(shop, tmp_path):
    chosen = {CLEANUP.worker: {"schema_name": "jobs"}}
    assert refusal(plan(shop, tmp_path, CLEANUP, decide=chosen))[0] == "no-such-schema"
    with shop.admin() as connection:
        connection.execute("CREATE SCHEMA jobs")
    code, why = refusal(plan(shop, tmp_path, CLEANUP, decide=chosen))
    assert (code, why) == ("missing-privilege", "role app lacks USAGE on schema jobs")


def test_a_clock_in_one_transaction_may_be_used_twice(shop, tmp_path):
    steps = [step("DELETE FROM cart WHERE expires_at < $1", "now()", transaction=1)] * 2
    text = only(plan(shop, tmp_path, classified("Shop.Twice", *steps))).procedure_sql
    assert text.count("CAST(now() AS timestamp with time zone)") == 2


@pytest.mark.parametrize("names", [{"cron_name": "x" * 64}, {"procedure": "two\nlines"}, {"cron_name": ""}])
def test_names_that_postgresql_would_garble(shop, tmp_path, names):
    with pytest.raises(UsageError):
        plan(shop, tmp_path, CLEANUP, decide={CLEANUP.worker: names})


def test_two_workers_of_one_last_name(shop, tmp_path):
    first = classified("Shop.A.Cleaner", step(DELETE))
    second = classified("Shop.B.Cleaner", step(DELETE), schedule="5 * * * *")
    made = plan(shop, tmp_path, first, second)
    assert made.refused == ()
    assert made.jobs[0].procedure == "cleaner_job"
    assert made.jobs[1].procedure.startswith("cleaner_job_")


def test_two_jobs_of_one_minute_on_one_table(shop, tmp_path):
    made = plan(shop, tmp_path, CLEANUP, PREWARM)
    (warning,) = made.warnings
    assert "cart" in warning


def test_same_inputs_same_bytes_and_nothing_changed(shop, tmp_path):
    def catalogue() -> list[tuple]:
        with shop.admin() as connection:
            return connection.execute("SELECT oid, xmin, proname FROM pg_proc ORDER BY 1").fetchall()

    before = catalogue()
    first = plan(shop, tmp_path, CLEANUP, REFRESHING, PREWARM, run_id="one")
    again = plan(shop, tmp_path, CLEANUP, REFRESHING, PREWARM, run_id="two")
    assert first.hash == again.hash
    assert first.to_json() == again.to_json().replace('"run_id": "two"', '"run_id": "one"')
    assert catalogue() == before


@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
def test_scripts(shop, tmp_path):
    made = plan(shop, tmp_path, CLEANUP, classified("Shop.Vacuum", step("VACUUM cart"), schedule="30 3 * * 0"))
    kind = "separate" if made.target.split else "own"
    for name in ("up", "down"):
        text = getattr(made, f"{name}_sql").replace(made.target.system_identifier, "SYSTEM")
        for oid in (made.target.database_oid, made.target.cron_database_oid):
            text = text.replace(f"current_database()) <> {oid}", "current_database()) <> OID")
        text = text.replace(f"(pg_cron {made.target.pg_cron_version} in", "(pg_cron VERSION in")
        for job in made.jobs:
            text = text.replace(job.hash, f"HASH OF {job.id}")
        golden(f"{name}_{kind}.sql", text, shop)


def test_the_app_role_alone_can_plan(shop, tmp_path, monkeypatch):
    """No superuser rights are needed to read: what the role may not read is a message, never a wrong plan."""
    with shop.admin("postgres") as connection:
        connection.execute("GRANT pg_read_all_settings TO app")
    try:
        monkeypatch.setenv("PGUSER", "app")
        assert only(plan(shop, tmp_path, CLEANUP)).job_role == "app"
    finally:
        with shop.admin("postgres") as connection:
            connection.execute("REVOKE pg_read_all_settings FROM app")


def test_numbers_and_texts_of_the_clock_take_the_type_that_the_server_infers(shop, tmp_path):
    when = Clock("DateTime", (), 6, "lib/a.ex:1")
    year, day = clock_parts.field(when, "year"), clock_parts.text(clock.to_date(when))
    assert year and day
    number, literal = clock_parts.field_sql(year), clock_parts.literal_sql(clock_parts.QuotedClock(day))
    steps = [
        step("DELETE FROM item WHERE price < $1 AND created < $2", number, literal, transaction=1),
        step("INSERT INTO cart (id, found) VALUES ($1, $2)", number, clock_parts.texts_sql(day), transaction=1),
    ]
    job = only(plan(shop, tmp_path, classified("Shop.YearWorker", *steps)))
    utc = "now() AT TIME ZONE 'UTC'"
    for part in (
        f"extract(year FROM {utc})::numeric",
        f"({utc})::date)",
        f"extract(year FROM {utc})::bigint",
        f"to_char(({utc})::date, 'YYYY-MM-DD')",
    ):
        assert part in job.procedure_sql
    run(shop, job.procedure_sql, job.command)
    with shop.connect() as connection:
        found = connection.execute("SELECT found FROM cart WHERE id > 2000").fetchone()
    assert found is not None and len(found[0]) == 10
