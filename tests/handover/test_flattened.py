"""A flattened job: every other command knows its entry for what it is, and each way back goes through the gate."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
sys.path.insert(0, str(Path(__file__).parents[1] / "install"))

from building import DELETE, INSERT, application, classified, decision, step
from test_operations import CLEANUP, act, both, commands, gates, installed, plan, ran, shift, shop, started, sweep  # noqa: F401

from cronlift.errors import SafetyError
from cronlift.handover import copies
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.flatten import Flatten
from cronlift.handover.hold import Reset
from cronlift.handover.start import Start
from cronlift.model.decision import Decisions
from cronlift.stages.generate import generate
from cronlift.stages.install import install, rollback
from cronlift.stages.verify import verify
from cronlift.upkeep.drift import drift

CALLS = "CALL public.cart_cleanup_worker_job()"


@pytest.fixture
def flat(shop, installed):  # noqa: F811
    started(shop, installed)
    act(Complete(deployed="x"), installed, shop)
    act(Flatten(), installed, shop)
    return installed


def checks(shop, plan):  # noqa: F811
    return {c.name: (c.status, c.text, c.evidence) for c in verify(plan, shop.server).verification.jobs[0].checks}


@both
def test_install_and_the_drift_know_it(shop, flat):  # noqa: F811
    plain = commands(shop, flat)
    for apply in (False, True):
        found = install(flat, shop.server, apply=apply)
        assert {action.state for action in found.actions} == {"present"}
        assert [note for note in found.notes if "is flattened" in note]
    assert commands(shop, flat) == plain
    assert list(drift(flat, shop.server)) == []
    assert act(Start(wait=0), flat, shop).complete
    assert commands(shop, flat) == plain

    # one that is not asked for is an edit as ever
    with shop.admin(flat.target.cron_database) as connection:
        connection.execute("UPDATE cron.job SET command = 'SELECT 1' WHERE jobname = %s", (flat.jobs[0].cron_name,))
    with pytest.raises(SafetyError, match="was edited since"):
        install(flat, shop.server, apply=True)


def test_a_crash_before_the_entry_is_changed_is_no_edit(shop, installed):  # noqa: F811
    started(shop, installed)
    act(Complete(deployed="x"), installed, shop)
    shop.execute("UPDATE cronlift.gate SET flat = true", user="postgres")
    assert {action.state for action in install(installed, shop.server, apply=False).actions} == {"present"}
    act(Flatten(), installed, shop)
    assert commands(shop, installed)[0] == CALLS


@both
def test_verify_reads_its_runs_in_pg_crons_record(shop, flat):  # noqa: F811
    found = checks(shop, flat)
    assert found["catalog"][0] == "passed"
    assert f"{CALLS} (flattened)" in found["catalog"][2][0]
    assert found["real_run"][0] in ("pending", "passed")  # pg_cron itself may have come to it
    with shop.admin(flat.target.cron_database) as connection:
        connection.execute(
            "INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, start_time, end_time)"
            " SELECT jobid, 2000000 + jobid, database, username, command, 'succeeded', now(), now() FROM cron.job"
        )
        connection.commit()
        try:
            assert checks(shop, flat)["real_run"][0] == "passed"
        finally:
            connection.execute("DELETE FROM cron.job_run_details WHERE runid >= 2000000")


@both
def test_rollback_puts_it_behind_its_gate_first(shop, flat):  # noqa: F811
    shop.execute(
        "INSERT INTO cronlift.fence_hit (job, relation, tick) "
        f"SELECT job, relation, date_trunc('minute', now()) FROM cronlift.gate WHERE job = '{CLEANUP}'",
        user="postgres",
    )
    act(Rollback(wait=0), flat, shop, CLEANUP)
    assert gates(shop)[CLEANUP][0] == "rolled_back"
    assert commands(shop, flat) == [flat.jobs[0].command, "CALL public.prewarm_worker_job()"]


@both
def test_reset_puts_it_behind_its_gate_first(shop, flat):  # noqa: F811
    act(Reset(), flat, shop, CLEANUP)
    assert gates(shop)[CLEANUP] == ("shut", None, None)
    assert commands(shop, flat)[0] == flat.jobs[0].command


@both
def test_a_new_version_takes_over(shop, flat, tmp_path):  # noqa: F811
    changed = classified("Shop.CartCleanupWorker", step(DELETE.replace("<=", "<")), schedule="*/2 * * * *")
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    second = generate(application(tmp_path, changed), tmp_path, shop.server)
    install(second, shop.server, apply=True)
    dry = act(Start(wait=0), second, shop, apply=False)
    assert "the version before is flattened" in dry.looks[-1].text
    assert commands(shop, flat)[0] == CALLS
    act(Start(wait=0), second, shop)
    assert commands(shop, flat)[0] == flat.jobs[0].command
    now = gates(shop)
    assert now[CLEANUP][0] == "rolled_back"
    assert now[CLEANUP][2] == now[f"{CLEANUP}@v2"][1]


@both
def test_back_for_good(shop, flat):  # noqa: F811
    with pytest.raises(SafetyError, match="still owns jobs"):
        rollback(flat, shop.server, apply=True)
    act(Rollback(wait=0, deployed="y"), flat, shop)
    shift(shop, "20 minutes", "pg_from", "pg_until")
    rollback(flat, shop.server, apply=True)
    assert commands(shop, flat) == []


def test_the_sweeper_does_not_catch_up_with_it(shop, tmp_path):  # noqa: F811
    job = classified("Shop.CartCleanupWorker", step(DELETE), schedule="* * * * *")
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    decided = Decisions(schema_version=1, jobs={job.id: decision(job, verdict="pure_sql", move=True, catch_up=True)})
    made = generate(application(tmp_path, job), tmp_path, shop.server, decisions=decided)
    install(made, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), made, shop)
    shift(shop, "10 minutes", "pg_from")
    act(Complete(deployed="x"), made, shop)
    act(Flatten(), made, shop)
    shop.execute("DELETE FROM cronlift.run_log", user="postgres")  # pg_cron itself may have come to it before
    sweep(shop)
    with shop.admin() as connection:
        assert connection.execute("SELECT count(*) FROM cronlift.run_log").fetchone() == (0,)


def test_a_chain_keeps_its_gates(shop, tmp_path):  # noqa: F811
    lead = classified("Shop.CartCleanupWorker", step(DELETE), schedule="* * * * *")
    led = classified("Shop.PrewarmWorker", step(INSERT), schedule="* * * * *")
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    decided = Decisions(
        schema_version=1,
        jobs={
            lead.id: decision(lead, verdict="pure_sql", move=True),
            led.id: decision(led, verdict="pure_sql", move=True, follows=lead.id),
        },
    )
    made = generate(application(tmp_path, lead, led), tmp_path, shop.server, decisions=decided)
    install(made, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), made, shop)
    shift(shop, "10 minutes", "pg_from")
    act(Complete(deployed="x"), made, shop)
    for job in (lead.id, led.id):
        with pytest.raises(SafetyError, match="plain entries keep no order"):
            act(Flatten(), made, shop, job)


def test_a_copys_flattened_entries_become_inactive(shop, flat):  # noqa: F811
    shop.execute("UPDATE cronlift.gate SET database = 1", user="postgres")
    assert "would be made inactive" in copies.disarm(shop.server, apply=False).notes[-1]
    copies.disarm(shop.server, apply=True)
    with shop.admin(flat.target.cron_database) as connection:
        rows = connection.execute("SELECT active FROM cron.job WHERE jobname NOT LIKE '%/sweep'").fetchall()
    assert rows == [(False,), (False,)]
