"""A flattened job: every other command knows its entry for what it is, and each way back goes through the gate."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))
sys.path.insert(0, str(Path(__file__).parents[1] / "install"))

from building import DELETE, INSERT, application, classified, decision, step
from test_operations import CLEANUP, act, both, commands, gates, installed, plan, ran, shift, shop, started, sweep  # noqa: F401

from cronlift.errors import Finding, Pending, SafetyError
from cronlift.handover import copies, unflatten
from cronlift.handover.back import Rollback
from cronlift.handover.by_hand import run_now
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


@pytest.fixture
def run_of_pg_crons(shop, flat):  # noqa: F811
    """A run of the flattened entry as pg_cron records it: with a status, begun so many seconds ago."""
    with shop.admin(flat.target.cron_database) as connection:

        def put(status: str, ago: float) -> None:
            connection.execute(
                "INSERT INTO cron.job_run_details (jobid, runid, database, username, command, status, start_time) "
                "SELECT jobid, 3000000 + jobid, database, username, command, %s, now() - make_interval(secs => %s) "
                "FROM cron.job WHERE jobname = %s "
                "ON CONFLICT (runid) DO UPDATE SET status = excluded.status",
                (status, ago, flat.jobs[0].cron_name),
            )
            connection.commit()

        yield put
        connection.execute("DELETE FROM cron.job_run_details WHERE runid >= 3000000")


@both
def test_the_log_is_not_asked_about_ticks_that_ran_flat(shop, flat):  # noqa: F811
    act(Rollback(wait=0, deployed="y"), flat, shop, CLEANUP)
    shift(shop, "10 minutes", "pg_from", "pg_until")
    over = act(Rollback(wait=0), flat, shop, CLEANUP)
    assert over.complete
    assert not [note for note in over.notes if "nobody ran" in note]
    with pytest.raises(Finding, match=r"cron\.job_run_details has the run"):
        run_now(flat, shop.server, jobs=[CLEANUP], apply=True, tick=datetime.now(UTC) - timedelta(minutes=2))


@both
def test_a_flat_run_is_waited_for(shop, flat, run_of_pg_crons, monkeypatch):  # noqa: F811
    monkeypatch.setattr(unflatten, "_LEAST", 1)
    run_of_pg_crons("running", 3)
    with pytest.raises(Pending, match="a run of its flattened entry is under way"):
        act(Rollback(wait=0, deployed="y"), flat, shop, CLEANUP)
    assert commands(shop, flat)[0] == CALLS
    assert gates(shop)[CLEANUP][0] == "completed"
    run_of_pg_crons("succeeded", 3)
    monkeypatch.setattr(unflatten, "_LEAST", 25)
    act(Rollback(wait=0, deployed="y"), flat, shop, CLEANUP)
    assert commands(shop, flat)[0] == flat.jobs[0].command


def test_no_tick_that_ran_flat_is_run_again(shop, tmp_path):  # noqa: F811
    """Put behind its gate, and then the act was cut short: neither runner nor sweeper takes the ticks before."""
    job = classified("Shop.CartCleanupWorker", step(DELETE), schedule="0 0 1 1 *")
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    decided = Decisions(schema_version=1, jobs={job.id: decision(job, verdict="pure_sql", move=True, catch_up=True)})
    made = generate(application(tmp_path, job), tmp_path, shop.server, decisions=decided)
    install(made, shop.server, apply=True)
    shop.execute(
        "UPDATE cronlift.gate SET state = 'completed', pg_from = '2020-01-01', flat = true; "
        "UPDATE cronlift.gate SET flat_until = now()",
        user="postgres",
    )
    with shop.connect() as connection:
        connection.autocommit = True
        for _ in range(2):
            connection.execute(made.jobs[0].command)
        shop.execute("UPDATE cronlift.gate SET flat = false", user="postgres")
        connection.execute("CALL cronlift.sweep()")
        rows = connection.execute("SELECT count(*) FROM public.cart").fetchone()
    with shop.admin() as connection:
        states = connection.execute("SELECT DISTINCT state FROM cronlift.run_log").fetchall()
    assert (states, rows) == ([("skipped",)], (10,))


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
