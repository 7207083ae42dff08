"""generate, install and rollback as verbs: exit codes, what is printed, what the run folder holds."""

import json

import pytest
from building import SCHEMA

from cronlift.commands.main import main
from cronlift.installation import patience
from cronlift.installation.patience import Patience
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.model.verification import Check, Verification, VerifiedJob
from cronlift.record.manifest import Manifest
from cronlift.record.run_folder import RunFolder

FILES = {
    "mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n",
    "config/config.exs": """\
import Config

config :shop, ecto_repos: [Shop.Repo]

config :shop, Oban,
  repo: Shop.Repo,
  plugins: [
    {Oban.Plugins.Cron,
     crontab: [
       {"0 * * * *", Shop.CleanupWorker},
       {"5 * * * *", Shop.LostWorker},
       {"9 * * * *", Shop.MailWorker}
     ]}
  ]
""",
    "lib/repo.ex": "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres\nend\n",
    "lib/workers.ex": """\
defmodule Shop.CleanupWorker do
  use Oban.Worker
  alias Shop.Repo

  @impl true
  def perform(_job) do
    Repo.query!("DELETE FROM cart WHERE expires_at <= NOW()", [])
    :ok
  end
end

defmodule Shop.LostWorker do
  use Oban.Worker
  alias Shop.Repo

  @impl true
  def perform(_job) do
    Repo.query!("DELETE FROM nowhere", [])
    :ok
  end
end

defmodule Shop.MailWorker do
  use Oban.Worker

  @impl true
  def perform(_job), do: File.write!("mail", "x")
end
""",
}


@pytest.fixture
def shop(app_database, tmp_path, monkeypatch):
    app_database.execute(SCHEMA)
    for name, text in FILES.items():
        (tmp_path / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return app_database


def entries(shop) -> list[tuple]:
    with shop.admin("postgres") as connection:
        return connection.execute("SELECT command FROM cron.job WHERE database = %s", (shop.name,)).fetchall()


def test_the_way_in_and_back(shop, capsys):
    chosen = ["--job", "oban:Shop.CleanupWorker"]
    assert main(["generate", "--app", "shop", "--run", "run", *chosen]) == 0
    plan = RunFolder("run").read(Plan)
    assert f"Plan hash: {plan.hash}" in capsys.readouterr().out
    assert (RunFolder("run").sql / "up.sql").read_text() == plan.up_sql

    assert main(["install", "--run", "run"]) == 0
    assert "Nothing was changed" in capsys.readouterr().out
    assert entries(shop) == []

    assert main(["install", "--run", "run", "--apply", "--plan-hash", "0" * 64]) == 2
    assert "not the one that was approved" in capsys.readouterr().err
    assert entries(shop) == []

    assert main(["install", "--run", "run", "--apply", "--plan-hash", plan.hash, "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert [a["state"] for a in out["actions"]] == ["created", "created"]
    assert json.loads((RunFolder("run").documents / "installation.json").read_text()) == out
    assert entries(shop) == [("CALL public.cleanup_worker_job()",)]

    assert main(["rollback", "--run", "run"]) == 0
    assert len(entries(shop)) == 1
    assert main(["rollback", "--run", "run", "--apply"]) == 0
    assert entries(shop) == []


def test_a_plan_whose_rows_differ_is_not_installed(shop, capsys):
    assert main(["generate", "--app", "shop", "--run", "run", "--job", "oban:Shop.CleanupWorker"]) == 0
    folder = RunFolder("run")
    plan = folder.read(Plan)
    effects = Check(name="effects", status="failed", text="the procedure does not do what the app does")
    seen = VerifiedJob(id=plan.jobs[0].id, cron_name="cart-cleanup", checks=(effects,))
    with folder.writing():
        folder.write_document(Verification(run_id="r", plan_hash=plan.hash, installed=False, jobs=(seen,)))
    capsys.readouterr()
    install = ["install", "--run", "run", "--apply"]

    assert main(["install", "--run", "run"]) == 0  # a look is free
    assert main(install) == 1
    assert "cart-cleanup: the procedure does not do what the app does" in capsys.readouterr().err
    assert entries(shop) == []
    assert main([*install, "--despite-failed-proof"]) == 0
    assert len(entries(shop)) == 1
    assert main(install) == 0  # what is installed may be made anew

    with folder.writing():
        folder.forget(Installation)
        folder.write_document(Verification(run_id="r", plan_hash="0" * 64, installed=False, jobs=(seen,)))
    assert main(install) == 0  # a proof of another plan says nothing


def test_a_job_that_cannot_be_planned_is_a_finding(shop, capsys):
    assert main(["generate", "--app", "shop", "--run", "run"]) == 1
    printed = capsys.readouterr().out
    assert "not planned: oban:Shop.LostWorker: relation nowhere does not exist" in printed
    assert [j.id for j in RunFolder("run").read(Plan).jobs] == ["oban:Shop.CleanupWorker"]


def test_what_is_not_pure_sql_cannot_be_named(shop, capsys):
    assert main(["generate", "--app", "shop", "--run", "run", "--job", "oban:Shop.MailWorker"]) == 2
    assert "its verdict is app_logic" in capsys.readouterr().err


def test_an_empty_plan_installs_nothing(shop, capsys):
    assert main(["generate", "--app", "shop", "--run", "run", "--job", "oban:Shop.LostWorker", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["jobs"] == []
    assert main(["install", "--run", "run", "--apply"]) == 2
    assert "holds no job" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["install", "rollback"])
def test_without_a_plan(shop, capsys, verb):
    assert main([verb, "--run", "nothing-here"]) == 2
    assert "plan.json" in capsys.readouterr().err


def test_a_plan_that_was_changed_after_sealing_has_to_be_named(shop, capsys):
    """What a hand (or a killed generate) left is not acted on as if it were what was sealed; by its hash it may be."""
    assert main(["generate", "--app", "shop", "--run", "run", "--job", "oban:Shop.CleanupWorker"]) == 0
    path = RunFolder("run").document(Plan)
    changed = RunFolder("run").read(Plan).model_copy(update={"warnings": ("all is well",)})
    path.write_text(changed.to_json())
    capsys.readouterr()
    for verb in ("install", "rollback"):
        for apply in ([], ["--apply"]):
            assert main([verb, "--run", "run", *apply]) == 2
            assert "the plan was changed since the record was sealed" in capsys.readouterr().err
    assert entries(shop) == []
    assert main(["install", "--run", "run", "--apply", "--plan-hash", changed.hash]) == 0
    assert len(entries(shop)) == 1
    altered = Manifest.from_file(RunFolder("run").manifest).altered
    assert any(found.startswith("documents/plan.json: changed") for found in altered)


def test_an_install_cut_short_is_on_record_and_finished_by_the_next(shop, capsys, monkeypatch):
    """Between the two databases: the record says so, the page and a later look do not deny it, a re-run finishes."""
    monkeypatch.setattr(patience, "PATIENCE", Patience(attempts=1, lock_timeout=100))
    assert main(["generate", "--app", "shop", "--run", "run", "--job", "oban:Shop.CleanupWorker"]) == 0
    with shop.admin("postgres") as other:
        other.execute("LOCK TABLE cron.job IN SHARE MODE")
        assert main(["install", "--run", "run", "--apply"]) == 3
        other.rollback()
    assert "a second run finishes" in capsys.readouterr().err
    folder = RunFolder("run")
    recorded = folder.read(Installation)
    assert (recorded.applied, recorded.complete) == (True, False)
    assert [a.state for a in recorded.actions] == ["created", "planned"]
    assert "installation cut short: 1 created, 1 to do" in folder.page.read_text()
    assert Manifest.from_file(folder.manifest).exit_code == 1
    assert main(["install", "--run", "run"]) == 0
    assert folder.read(Installation) == recorded
    assert main(["install", "--run", "run", "--apply"]) == 0
    done = folder.read(Installation)
    assert (done.applied, done.complete) == (True, True)
    assert [a.state for a in done.actions] == ["present", "created"]
