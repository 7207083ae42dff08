"""The switch as an executed notebook: papermill runs it, it acts on the plan that is named, and stays on record."""

import os

import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from cronlift import resources
from cronlift.commands.main import main
from cronlift.model.plan import Plan
from cronlift.notebook.kernel import kernel_class
from cronlift.notebook.parameters import PROJECT
from cronlift.record import acts, audit
from cronlift.record.run_folder import RunFolder

WORKER = """defmodule Shop.Jobs.Carts do
  use Oban.Worker
  alias Shop.Repo

  @impl Oban.Worker
  def perform(_job) do
    Repo.query!("DELETE FROM seen WHERE id < 10")
    :ok
  end
end
"""
CONFIG = """import Config

config :shop, Oban,
  repo: Shop.Repo,
  plugins: [{Oban.Plugins.Cron, crontab: [{"0 4 * * *", Shop.Jobs.Carts}]}]
"""
REPO = "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres\nend\n"
LOCK = '%{\n  "oban": {:hex, :oban, "2.19.4", "abc", [:mix], [], "hexpm", "def"},\n}\n'


@pytest.fixture
def run(app_database, queue, tmp_path, monkeypatch):
    """A shop's one job, installed behind its gate; executes notebook 9 with these parameters."""
    app_database.execute(queue)
    for name, text in {
        "shop/mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\nend\n",
        "shop/mix.lock": LOCK,
        "shop/config/config.exs": CONFIG,
        "shop/lib/shop/repo.ex": REPO,
        "shop/lib/shop/jobs/carts.ex": WORKER,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(["generate", "--app", "shop", "--run", "runs/1"]) == 0
    assert main(["install", "--run", "runs/1", "--apply"]) == 0
    with app_database.connect() as connection:
        connection.autocommit = True
        connection.execute("CALL cronlift.sweep()")
    app_database.execute("UPDATE cronlift.heartbeat SET tick = at", user="postgres")

    def execute(**parameters):
        source = resources.root() / "notebooks" / "09_handover.ipynb"
        with kernel_class({**os.environ, PROJECT: str(tmp_path)}) as kernel:
            done = papermill.execute_notebook(
                str(source), str(tmp_path / "executed.ipynb"), parameters={"run": "runs/1", **parameters},
                kernel_name="python3", kernel_manager_class=kernel, progress_bar=False,
            )  # fmt: skip
        return "".join(
            output.get("text", "") or "".join(output.get("data", {}).get("text/plain", ""))
            for cell in done.cells
            for output in cell.get("outputs", [])
        )

    return execute


def states(app_database):
    with app_database.admin() as connection:
        return [state for (state,) in connection.execute("SELECT state FROM cronlift.gate")]


def test_it_looks_and_then_switches_exactly_the_plan_that_is_named(run, app_database, tmp_path, capsys):
    folder = RunFolder(tmp_path / "runs" / "1")
    assert "start: shown only; afterwards: 1 job started" in run()
    with pytest.raises(PapermillExecutionError, match="the plan is not the one that was approved"):
        run(apply=True, plan_hash="0" * 64)
    assert states(app_database) == ["shut"] and acts.acts(folder) == ()

    plan = folder.read(Plan)
    said = run(apply=True, plan_hash=plan.hash)
    assert "start: 1 job started" in said and "pg_cron, from" in said
    assert states(app_database) == ["started"]
    (act,) = acts.acts(folder)
    assert (act.handover.verb, act.handover.plan_hash, act.handover.applied) == ("start", plan.hash, True)
    assert audit.verify(folder) == ()

    assert any("deploy pull_request/config.patch" in note for note in act.handover.notes)
    capsys.readouterr()
    assert main(["jobs", "start", "--run", "runs/1", "--apply"]) == 0
    assert "nothing was to be done: every job stands so already" in capsys.readouterr().out
    with pytest.raises(PapermillExecutionError, match="is pg_cron's only from"):
        run(verb="complete", apply=True, plan_hash=plan.hash)
    assert "complete: 1 job completed" in run(verb="complete", deployed="4f2a9c1", apply=True, plan_hash=plan.hash)
    assert [a.handover.verb for a in acts.acts(folder)] == ["start", "start", "complete"]
    assert main(["jobs", "rollback", "--run", "runs/1"]) == 1
    assert "Nothing was changed. With --apply it is refused until that is mended." in capsys.readouterr().out
