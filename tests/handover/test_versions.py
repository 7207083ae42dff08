"""A later change of a job that pg_cron runs: a new version, one switch, and back."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import DELETE, SCHEMA, application, classified, step
from test_operations import act, gates, installed, ran, shift, sweep  # noqa: F401

from cronlift.errors import SafetyError, UsageError
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.start import Start
from cronlift.handover.status import status
from cronlift.monitor.watch import monitor
from cronlift.record import outcome
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import tally
from cronlift.stages.generate import generate
from cronlift.stages.install import VERSIONS, install, rollback
from cronlift.stages.verify import verify
from cronlift.upkeep.check import check

OLD = classified("Shop.CartCleanupWorker", step(DELETE), schedule="* * * * *")
NEW = classified("Shop.CartCleanupWorker", step(DELETE.replace("<=", "<")), schedule="*/2 * * * *")
FIRST, SECOND = "oban:Shop.CartCleanupWorker", "oban:Shop.CartCleanupWorker@v2"
both = pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)


@pytest.fixture
def shop(app_database, queue):
    app_database.execute(SCHEMA)
    app_database.execute(queue)
    return app_database


def planned(shop, folder, job):
    (folder / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    made = generate(application(folder, job), folder, shop.server, mode="managed")
    assert made.refused == ()
    return made


@both
def test_a_changed_job_goes_the_same_way_as_a_new_version(shop, tmp_path):
    first = planned(shop, tmp_path, OLD)
    install(first, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), first, shop)
    shift(shop, "10 minutes", "pg_from")
    act(Complete(deployed="a"), first, shop)
    assert planned(shop, tmp_path, OLD).jobs[0].id == FIRST  # nothing changed: no new version

    second = planned(shop, tmp_path, NEW)
    (job,) = second.jobs
    assert (job.id, job.managed.supersedes) == (SECOND, FIRST)
    assert job.cron_name.endswith("Shop.CartCleanupWorker@v2")
    assert job.procedure == "cart_cleanup_worker_v2_job"
    assert second.patch
    install(second, shop.server, apply=True)
    assert gates(shop)[FIRST][0] == "completed"

    done = act(Start(wait=0), second, shop)
    now = gates(shop)
    assert done.complete
    assert now[FIRST][0] == "rolled_back"
    assert now[SECOND][0] == "completed"
    assert now[FIRST][2] == now[SECOND][1]  # one instant for both
    assert planned(shop, tmp_path, NEW).jobs[0].id == SECOND

    # back to the first version
    shift(shop, "10 minutes", "pg_from", "pg_until")
    act(Rollback(wait=0), second, shop)
    now = gates(shop)
    assert (now[SECOND][0], now[FIRST][0]) == ("rolled_back", "completed")
    assert now[SECOND][2] == now[FIRST][1]

    # and on again; then the first version goes for good
    shift(shop, "20 minutes", "pg_from", "pg_until")
    ran(shop, SECOND)
    act(Start(wait=0), second, shop)
    shift(shop, "20 minutes", "pg_from", "pg_until")
    rollback(first, shop.server, apply=True)
    assert set(gates(shop)) == {SECOND}
    assert {a.state for a in install(second, shop.server, apply=False).actions} == {"present"}


@pytest.fixture
def changed(shop, tmp_path):
    """The first version completed, the second one installed; of each its plan."""
    first = planned(shop, tmp_path, OLD)
    install(first, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), first, shop)
    shift(shop, "10 minutes", "pg_from")
    act(Complete(deployed="a"), first, shop)
    second = planned(shop, tmp_path, NEW)
    install(second, shop.server, apply=True)
    return first, second


def told(shop, plan):
    """What verify says of the real run, and status of every job."""
    checks = verify(plan, shop.server).verification.jobs[0].checks
    return next(c.text for c in checks if c.name == "real_run"), {j.job: j.note for j in status(shop.server).jobs}


def test_only_one_version_runs_and_everything_says_which(shop, changed):
    first, second = changed
    assert install(second, shop.server, apply=False).notes == (VERSIONS,)
    sentence = outcome.of(verify(second, shop.server).verification).sentence
    assert "1 behind a shut gate: the former owner runs it until cronlift jobs start" in sentence
    real_run, notes = told(shop, second)
    assert real_run.startswith(f"the gate is shut: pg_cron runs another version of the job, {FIRST}")
    assert f"pg_cron runs another version of it: {FIRST}" in notes[SECOND]

    act(Start(wait=0), second, shop, FIRST)  # the id of the application's entry names it, too
    shift(shop, "10 minutes", "pg_from", "pg_until")
    real_run, notes = told(shop, first)
    assert real_run.startswith(f"the gate is rolled back: pg_cron runs another version of the job, {SECOND}")
    assert f"pg_cron runs another version of it: {SECOND}" in notes[FIRST]
    (seen,) = [one for one in monitor(shop.server).jobs if one.name == first.jobs[0].cron_name]
    assert [signal.text for signal in seen.signals] == [f"pg_cron runs another version of it: {SECOND}"]

    before = gates(shop)
    with pytest.raises(SafetyError, match=f"pg_cron runs another version of it, {SECOND}"):
        act(Start(wait=0), first, shop)
    assert gates(shop) == before


def test_the_record_knows_the_new_version_as_its_entrys(shop, changed, tmp_path):
    _, second = changed
    folder = RunFolder(tmp_path / "run")
    with folder.writing():
        folder.write_document(application(tmp_path, NEW))
        folder.write_document(second)
        folder.write_document(install(second, shop.server, apply=True))
        folder.write_document(verify(second, shop.server).verification)
    (row,) = tally(folder).rows
    assert (row.id, row.place, row.cron_name) == (FIRST, "moved", second.jobs[0].cron_name)
    assert row.procedure == "public.cart_cleanup_worker_v2_job()"
    page = folder.page.read_text()
    assert f"A new version, <code>{SECOND}</code>, of what pg_cron runs as <code>{FIRST}</code>" in page
    assert "A year on both sides" in page
    assert "the planned expression" not in page
    summary = (folder.path / "pull_request/summary.md").read_text()
    assert summary.startswith("# Change 1 scheduled job of shop that PostgreSQL runs already")
    assert f"of what pg\\_cron runs as `{FIRST}`" in summary
    found = check(tmp_path, "prod", runs=[folder], server=shop.server)
    assert found.checked["still-scheduled"] == (FIRST,)
    assert [(one.code, one.job) for one in found.findings] == [("still-scheduled", FIRST)]


def test_one_jobs_objects_go_while_pg_cron_runs_the_others(shop, tmp_path):
    other = classified("Shop.PrewarmWorker", step(DELETE), schedule="0 */6 * * *")
    (tmp_path / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    both_jobs = generate(application(tmp_path, OLD, other), tmp_path, shop.server, mode="managed")
    install(both_jobs, shop.server, apply=True)
    sweep(shop)
    act(Start(wait=0), both_jobs, shop)
    shift(shop, "10 minutes", "pg_from")
    second = planned(shop, tmp_path, NEW)
    install(second, shop.server, apply=True)
    act(Start(wait=0), second, shop)
    shift(shop, "10 minutes", "pg_from", "pg_until")
    with pytest.raises(SafetyError, match=f"{other.id}: started"):
        rollback(both_jobs, shop.server, apply=True)
    with pytest.raises(UsageError, match="the plan does not hold oban:X"):
        rollback(both_jobs, shop.server, apply=True, jobs=["oban:X"])
    dry = rollback(both_jobs, shop.server, apply=False, jobs=[FIRST])
    assert {(a.job, a.state) for a in dry.actions} == {(FIRST, "planned"), (other.id, "present")}
    done = rollback(both_jobs, shop.server, apply=True, jobs=[FIRST])
    assert {(a.job, a.state) for a in done.actions} == {(FIRST, "removed"), (other.id, "present")}
    assert done.plan_hash == both_jobs.hash
    assert outcome.of(done).sentence == "3 objects gone; 3 stay"
    assert set(gates(shop)) == {SECOND, other.id}
    assert {a.state for a in install(second, shop.server, apply=False).actions} == {"present"}
