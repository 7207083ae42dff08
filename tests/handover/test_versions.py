"""A later change of a job that pg_cron runs: a new version, one switch, and back."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import DELETE, SCHEMA, application, classified, step
from test_operations import act, gates, installed, ran, shift, sweep  # noqa: F401

from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.start import Start
from cronlift.stages.generate import generate
from cronlift.stages.install import install, rollback

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
