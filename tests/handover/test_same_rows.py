"""Jobs of two plans whose rows in the queue look the same: nothing is installed or started that would be a guess."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import DELETE, INSERT, application, classified, step
from test_operations import act, both, gates, shop, sweep  # noqa: F401

from cronlift.errors import SafetyError
from cronlift.handover.start import Start
from cronlift.model.job import Options
from cronlift.stages.generate import generate
from cronlift.stages.install import install

FIRST = classified("Shop.CartCleanupWorker", step(DELETE), schedule="* * * * *")
TWIN = FIRST.model_copy(update={"id": f"{FIRST.id}/daily", "schedule": "@daily", "steps": (step(INSERT),)})


def planned(shop, folder, *jobs, only=None):  # noqa: F811
    (folder / "mix.exs").write_text('defp deps, do: [{:oban, "~> 2.19"}]')
    made = generate(application(folder, *jobs), folder, shop.server, mode="managed", jobs=[only] if only else [])
    assert made.refused == ()
    return made


@both
def test_what_looks_the_same_as_an_installed_job_is_refused(shop, tmp_path):  # noqa: F811
    first = planned(shop, tmp_path, FIRST)
    install(first, shop.server, apply=True)
    # An entry that came later: what is installed knows nothing of it, so its fence takes all of the worker's rows.
    second = planned(shop, tmp_path, FIRST, TWIN, only=TWIN.id)
    before = gates(shop)
    for apply in (False, True):
        with pytest.raises(SafetyError) as stopped:
            install(second, shop.server, apply=apply)
        said = str(stopped.value)
        assert f"{TWIN.id} (config/config.exs:6) of this plan, and {FIRST.id}, which is behind a gate (shut)" in said
        assert "give the entries different args" in said
    assert gates(shop) == before
    install(first, shop.server, apply=True)  # the installed one goes on as ever


def test_what_can_be_told_apart_is_not(shop, tmp_path):  # noqa: F811
    args = TWIN.model_copy(update={"options": Options(args={"days": 30})})
    install(planned(shop, tmp_path, FIRST), shop.server, apply=True)
    install(planned(shop, tmp_path, FIRST, args, only=args.id), shop.server, apply=True)
    assert set(gates(shop)) == {FIRST.id, args.id}


def test_start_looks_again(shop, tmp_path):  # noqa: F811
    """Two that were installed one beside the other by hand: up.sql asks no such question."""
    plan = planned(shop, tmp_path, FIRST)
    install(plan, shop.server, apply=True)
    sweep(shop)
    with shop.admin() as connection:
        row = connection.execute("SELECT to_jsonb(g) FROM cronlift.gate AS g").fetchone()
        other = row[0] | {"job": TWIN.id, "cron_name": "other", "state": "started", "pg_from": "2026-01-01"}
        connection.execute(
            "INSERT INTO cronlift.gate SELECT f.* FROM jsonb_populate_record(NULL::cronlift.gate, %s) AS f",
            (json.dumps(other),),
        )
        connection.commit()
    with pytest.raises(SafetyError, match=f"pg_cron runs {TWIN.id}, of the same worker and args: both would run"):
        act(Start(wait=0), plan, shop)
    assert gates(shop)[FIRST.id][0] == "shut"
