"""A command that must stand alone (VACUUM) in a managed plan: no gate can hold it, so its entry is made by start."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import DELETE, application, classified, step
from test_operations import act, both, commands, gates, shift, shop, sweep  # noqa: F401

from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.start import Start
from cronlift.record import outcome
from cronlift.stages.generate import generate
from cronlift.stages.install import install, rollback
from cronlift.stages.verify import verify

CLEANUP = classified("Shop.CartCleanupWorker", step(DELETE), schedule="0 5 * * *")
VACUUM = classified("Shop.VacuumWorker", step("VACUUM cart"), schedule="30 3 * * 0")


@pytest.fixture
def plan(shop, tmp_path):  # noqa: F811
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    made = generate(application(tmp_path, CLEANUP, VACUUM), tmp_path, shop.server, mode="managed")
    assert [job.procedure is None for job in made.jobs] == [False, True]
    return made


def verified(shop, plan, **named):  # noqa: F811
    document = verify(plan, shop.server, **named).verification
    return document, {check.name: (check.status, check.text) for check in document.jobs[1].checks}


@both
def test_until_start_that_is_no_fault_and_after_it_it_is_looked_at(shop, plan):  # noqa: F811
    _, before = verified(shop, plan)
    assert before["catalog"][0] == "not_installed"
    install(plan, shop.server, apply=True)
    sweep(shop)

    document, checks = verified(shop, plan)
    assert checks["catalog"] == (
        "pending", "it stands alone: its cron entry is made at cronlift jobs start, and looked at after that"
    )  # fmt: skip
    assert checks["schedule"][0] == "passed"
    assert "scheduled by cronlift jobs start" in checks["schedule"][1]
    assert checks["effects"][0] in ("passed", "warning")  # the command itself was run in the proof
    assert checks["real_run"] == ("pending", "the gate is shut: the application runs the job (cronlift jobs start)")
    assert (document.jobs[1].status, document.jobs[1].prepared) == ("pending", True)
    assert outcome.of(document).colour == "pending"
    assert "2 behind a shut gate" in outcome.of(document).sentence

    act(Start(wait=0), plan, shop)
    _, checks = verified(shop, plan)
    assert checks["catalog"] == ("passed", "the cron entry is as planned")
    assert checks["schedule"][0] == "passed"
    assert checks["real_run"][0] == "pending"
    assert "no run yet" in checks["real_run"][1]


def test_one_that_start_did_not_make_is_a_fault(shop, plan):  # noqa: F811
    install(plan, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), plan, shop)
    with shop.admin(plan.target.cron_database) as connection:
        connection.execute("DELETE FROM cron.job WHERE jobname = %s", (plan.jobs[1].cron_name,))
    document, checks = verified(shop, plan)
    assert checks["catalog"][0] == "failed"
    assert "found none, planned one (cronlift jobs start makes it)" in checks["catalog"][1]
    assert outcome.of(document).colour == "red"


def test_nor_is_one_that_is_there_while_the_application_runs_it(shop, plan):  # noqa: F811
    install(plan, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), plan, shop)
    shop.execute("UPDATE cronlift.gate SET state = 'shut', pg_from = NULL", user="postgres")
    _, checks = verified(shop, plan)
    assert checks["catalog"][0] == "failed"
    assert "although the application runs the job: both run each tick" in checks["catalog"][1]


@both
def test_its_runs_are_in_pg_crons_record(shop, plan):  # noqa: F811
    install(plan, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), plan, shop)
    with shop.admin(plan.target.cron_database) as connection:
        connection.execute(
            "INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, start_time, end_time)"
            " SELECT jobid, 4000000 + jobid, database, username, command, 'succeeded', now(), now() FROM cron.job "
            "WHERE jobname = %s",
            (plan.jobs[1].cron_name,),
        )
        connection.commit()
        try:
            assert verified(shop, plan)[1]["real_run"][0] == "passed"
        finally:
            connection.execute("DELETE FROM cron.job_run_details WHERE runid >= 4000000")


def test_and_back(shop, plan):  # noqa: F811
    install(plan, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), plan, shop)
    shift(shop, "20 minutes", "pg_from")
    act(Complete(deployed="x"), plan, shop)
    act(Rollback(wait=0, deployed="y"), plan, shop)
    shift(shop, "20 minutes", "pg_from", "pg_until")
    act(Rollback(wait=0), plan, shop)
    assert verified(shop, plan)[1]["catalog"][0] == "pending"
    rollback(plan, shop.server, apply=True)
    assert commands(shop, plan) == []
    assert gates(shop) == {}
