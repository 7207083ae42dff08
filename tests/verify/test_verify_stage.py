"""The verify stage on real servers: what is as planned passes, what is not is shown value against value."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from shops import CLEANUP, PREWARM, REFRESH, SCHEMA, Shop, step

from cronlift.errors import SafetyError, UsageError
from cronlift.model.verification import Check, Verification
from cronlift.postgres.server import Server
from cronlift.record import outcome
from cronlift.stages.verify import verify

Make = Callable[..., Shop]
BOTH = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


def checks(document: Verification, job: int = 0) -> dict[str, Check]:
    return {check.name: check for check in document.jobs[job].checks}


def run(shop: Shop, **options: object) -> dict[str, Check]:
    return checks(verify(shop.plan, shop.database.server, app=shop.app, **options).verification)  # type: ignore[arg-type]


def cron(shop: Shop, statement: str, *values: object) -> None:
    with shop.database.admin(shop.plan.target.cron_database) as connection:
        connection.execute(statement, values)
    connection.close()


@BOTH
def test_what_is_installed_as_planned_passes(shop: Make) -> None:
    made = shop(step(CLEANUP))
    result = verify(made.plan, made.database.server, app=made.app, run_id="r")
    found = checks(result.verification)
    assert {name: check.status for name, check in found.items()} == {
        "catalog": "passed",
        "schedule": "passed",
        "effects": "passed",
        "double_run": "warning",
        "real_run": "pending",
    }
    assert "ticks run twice" in found["double_run"].text
    assert found["double_run"].evidence[0] == "config/config.exs:5: 0 * * * * Shop.CacheWorker"
    assert outcome.of(result.verification).exit_code == 4
    job = made.plan.jobs[0]
    _, *row = result.evidence["queries"]["cron_jobs"]["rows"][0]
    assert row == [job.cron_name, "0 * * * *", job.command, made.plan.target.database, "app", True]
    assert result.evidence["queries"]["monitor_runs"]["rows"] == []
    assert result.evidence["jobs"][job.cron_name]["next_firing"].endswith(":00:00+00:00")
    json.dumps(result.evidence)


def test_the_same_findings_give_the_same_document(shop: Make) -> None:
    made = shop(step(CLEANUP))
    one, two = (verify(made.plan, made.database.server, app=made.app).verification for _ in range(2))
    assert one.to_json() == two.to_json()


@BOTH
def test_nothing_installed_is_no_failure(shop: Make) -> None:
    made = shop(step(CLEANUP), apply=False)
    before = made.contents()
    document = verify(made.plan, made.database.server, app=made.app).verification
    assert not document.installed
    assert {c.name: c.status for c in document.jobs[0].checks} == {
        "catalog": "not_installed",
        "schedule": "not_installed",
        "effects": "not_installed",
        "double_run": "passed",
        "real_run": "not_installed",
    }
    assert outcome.of(document).exit_code == 0
    assert made.contents() == before


def test_a_named_proof_database_proves_the_plan_before_it_is_installed(
    shop: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shop(step(REFRESH), step(PREWARM), apply=False)
    monkeypatch.setenv("COPY", f"dbname={made.database.name}")
    before = made.contents()
    found = run(made, proof=Server(dsn_env="COPY"))
    assert (found["catalog"].status, found["effects"].status) == ("not_installed", "passed"), found
    assert made.contents() == before


def test_another_procedure_in_a_named_proof_database_is_not_what_is_judged(
    shop: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shop(step(CLEANUP))
    made.replace_procedure("now()", "now() - interval '1 day'")
    before = made.contents()
    monkeypatch.setenv("COPY", f"dbname={made.database.name}")
    found = run(made, proof=Server(dsn_env="COPY"))
    assert (found["catalog"].status, found["effects"].status) == ("failed", "passed")
    assert made.contents() == before


@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE cron.job SET schedule = '5 * * * *'", "schedule: found 5 * * * *, planned 0 * * * *"),
        ("UPDATE cron.job SET command = 'SELECT 1'", "command: found SELECT 1, planned CALL public.cache_worker_job()"),
        ("UPDATE cron.job SET username = 'postgres'", "owner: found postgres, planned app"),
        ("UPDATE cron.job SET database = 'template1'", "database: found template1, planned"),
        ("UPDATE cron.job SET active = false", "active: found no, planned yes"),
        ("DELETE FROM cron.job", "found none, planned one"),
    ],
)
def test_a_changed_entry_is_shown_value_against_value(shop: Make, change: str, said: str) -> None:
    made = shop(step(CLEANUP))
    cron(made, change + " WHERE jobname = %s", made.plan.jobs[0].cron_name)
    found = run(made)
    assert found["catalog"].status == "failed"
    assert any(said in line for line in found["catalog"].evidence), found["catalog"]
    if "schedule" in change:
        assert found["schedule"].status == "failed"
        assert any("first different at 2026-01-01 00:" in line for line in found["schedule"].evidence), found[
            "schedule"
        ]


def test_a_changed_procedure_is_shown_line_against_line(shop: Make) -> None:
    made = shop(step(CLEANUP))
    made.replace_procedure("expires_at < now()", "expires_at <= now()")
    found = run(made)
    assert any("+  DELETE FROM cache WHERE expires_at <= now();" in line for line in found["catalog"].evidence)
    assert found["effects"].status == "failed"
    assert any(
        "planted at expires_at = now() is as planted after the app" in line for line in found["effects"].evidence
    )


def test_an_open_procedure_is_found(shop: Make) -> None:
    made = shop(step(CLEANUP))
    job = made.plan.jobs[0]
    made.database.execute(f"GRANT EXECUTE ON PROCEDURE {job.schema_name}.{job.procedure}() TO PUBLIC")
    assert "grants: found PUBLIC, app, planned app" in run(made)["catalog"].evidence[0]


def test_a_lost_procedure_is_found(shop: Make) -> None:
    made = shop(step(CLEANUP))
    job = made.plan.jobs[0]
    made.database.execute(f"DROP PROCEDURE {job.schema_name}.{job.procedure}()")
    found = run(made)
    assert found["catalog"].status == "failed"
    assert any("every run fails" in line for line in found["catalog"].evidence)


def test_a_role_that_cannot_see_the_entries_is_told_so(shop: Make) -> None:
    made = shop(step(CLEANUP))
    with made.database.admin("postgres") as connection:
        connection.execute("CREATE ROLE auditor LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA cron TO auditor")
        connection.execute("GRANT pg_read_all_settings TO auditor")
    connection.close()
    try:
        server = made.database.sandbox.server(made.database.name, user="auditor")
        found = checks(verify(made.plan, server, app=made.app).verification)
        assert found["catalog"].status == "not_checked"
        assert "row-level security hides the cron entries of app from auditor" in found["catalog"].text
        assert found["real_run"].status == "not_checked"
        assert found["effects"].status == "not_checked"
    finally:
        with made.database.admin("postgres") as connection:
            connection.execute("DROP OWNED BY auditor")
            connection.execute("DROP ROLE auditor")
        connection.close()


def test_double_runs_end_with_the_patch(shop: Make) -> None:
    made = shop(step(CLEANUP))
    config = made.app / "config/config.exs"
    config.write_text(config.read_text().replace('{"0 * * * *", Shop.CacheWorker}', ""))
    assert run(made)["double_run"].status == "passed"
    config.write_text(config.read_text().replace("crontab: [", 'crontab: [{"0 5 * * *", Shop.CacheWorker}'))
    assert run(made)["double_run"].status == "warning", "the only entry of the worker has the id of the moved one"


def test_effects_need_the_mark_before_the_first_statement(shop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = shop(step(CLEANUP))
    with made.database.admin() as connection:
        connection.execute(f"ALTER DATABASE {made.database.name} RESET cronlift.disposable")
    connection.close()
    found = run(made)
    assert found["effects"].status == "not_checked"
    assert "--proof-service" in found["effects"].evidence[0]
    monkeypatch.setenv("COPY", f"dbname={made.database.name}")
    with pytest.raises(UsageError, match="does not carry the disposable mark"):
        run(made, proof=Server(dsn_env="COPY"))
    with pytest.raises(UsageError, match="a probe is an extra run"):
        run(made, probe=True)


def test_a_plan_of_another_server_is_refused(shop: Make) -> None:
    made = shop(step(CLEANUP))
    other = made.plan.target.model_copy(update={"database_oid": 1})
    with pytest.raises(SafetyError, match="another server or database"):
        verify(made.plan.model_copy(update={"target": other}), made.database.server)


def test_a_run_is_shown_by_a_probe_and_then_by_the_entry_itself(shop: Make) -> None:
    """One minute for all: a probe of two jobs, one of which fails, while a third runs on its own schedule."""
    jobs = {
        "Shop.EveryMinute": ("* * * * *", (step("UPDATE bystander SET note = 'ran' WHERE id = 1"),)),
        "Shop.Cleanup": ("0 5 1 1 *", (step(CLEANUP),)),
        "Shop.Broken": ("0 5 1 1 *", (step("UPDATE bystander SET id = 1 / (id - id) WHERE id = 2"),)),
    }
    made = shop(schema=SCHEMA, jobs=jobs)
    result = verify(made.plan, made.database.server, app=made.app, probe=True)
    seen = {j.id: {c.name: c for c in j.checks}["real_run"] for j in result.verification.jobs}
    assert seen["oban:Shop.Cleanup"].status == "passed", seen
    assert seen["oban:Shop.Cleanup"].text.startswith("probe: pg_cron ran the command")
    assert seen["oban:Shop.Broken"].status == "failed"
    assert "division by zero" in seen["oban:Shop.Broken"].text
    row = result.evidence["jobs"][made.plan.jobs[1].cron_name]["probe"]
    assert (row["status"], row["username"], row["command"]) == ("succeeded", "app", made.plan.jobs[1].command)
    with made.database.admin("postgres") as connection:
        left = connection.execute("SELECT jobname FROM cron.job WHERE jobname LIKE 'cronlift-probe/%'").fetchall()
    connection.close()
    assert left == []

    later = verify(made.plan, made.database.server, app=made.app)
    seen = {j.id: {c.name: c for c in j.checks}["real_run"] for j in later.verification.jobs}
    assert seen["oban:Shop.EveryMinute"].status == "passed", seen
    assert seen["oban:Shop.EveryMinute"].text == "pg_cron has run it on its own schedule, and it succeeded"
    assert seen["oban:Shop.Cleanup"].status == "pending", "a probe is no tick of the schedule"
    names = [row[0] for row in later.evidence["queries"]["monitor_runs"]["rows"]]
    assert set(names) == {made.plan.jobs[0].cron_name}


def test_probes_are_taken_away_when_interrupted(shop: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from cronlift.verification import probe

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    made = shop(step(CLEANUP))
    monkeypatch.setattr(probe, "_awaited", interrupt)
    with pytest.raises(KeyboardInterrupt):
        verify(made.plan, made.database.server, app=made.app, probe=True)
    with made.database.admin("postgres") as connection:
        left = connection.execute("SELECT jobname FROM cron.job WHERE jobname LIKE 'cronlift-probe/%'").fetchall()
    connection.close()
    assert left == []


def test_the_monitoring_queries_start_with_a_sentence() -> None:
    from cronlift import resources
    from cronlift.verification import queries

    for name in queries.QUERIES:
        assert resources.sql(name).startswith("-- ")
        assert Path(resources.root() / "sql" / f"{name}.sql").is_file()
