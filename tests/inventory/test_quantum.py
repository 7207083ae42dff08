"""Quantum's jobs in each notation its normalizer takes, and what cannot be resolved."""

from __future__ import annotations

from pathlib import Path

from test_crontab_forms import application

from cronlift.model.job import Job
from cronlift.stages.classify import classify
from cronlift.stages.inventory import inventory

SCHEDULER = "defmodule A.Scheduler do\n  use Quantum, otp_app: :a\nend\n"
CLEAN = """\
defmodule A.Clean do
  alias A.Repo
  def run, do: Repo.query!("DELETE FROM t")
  def older(days), do: Repo.query!("DELETE FROM t WHERE n > $1", [days])
  def fails do
    case Repo.query("DELETE FROM t") do
      {:ok, _} -> :ok
      {:error, e} -> {:error, e}
    end
  end
  defp hidden, do: Repo.query!("DELETE FROM t")
end
"""
CONFIG = """\
import Config
alias A.Clean
config :a, ecto_repos: [A.Repo]
config :a, A.Scheduler,
  overlap: false,
  jobs: [
    {"*/15 * * * *", {A.Clean, :run, []}},
    {"@daily", &A.Clean.run/0},
    {"0 1 * * *", fn -> Clean.older(30) end},
    {{:cron, "0 2 * * *"}, {A.Clean, :fails, []}},
    {{:extended, "0 0 3 * * *"}, {A.Clean, :run, []}},
    {{:extended, "*/5 * * * * *"}, {A.Clean, :run, []}},
    {~e[0 4 * * *], {A.Clean, :run, []}},
    {~e[0 4 L * *], {A.Clean, :run, []}},
    weekly: [schedule: "@weekly", task: {A.Clean, :older, [7]}, timezone: "Etc/GMT-3"],
    off: [schedule: "@weekly", task: {A.Clean, :run, []}, state: :inactive],
    atoms: [schedule: "@weekly", task: {A.Clean, :older, [:x]}],
    hidden: [schedule: "@weekly", task: {A.Clean, :hidden, []}],
    berlin: [schedule: "30 2 * * *", task: {A.Clean, :run, []}, timezone: "Europe/Berlin"]
  ]
"""


def app(folder: Path, config: str = CONFIG, **files: str) -> Path:
    sources = {"config/config.exs": config, "lib/scheduler.ex": SCHEDULER, "lib/clean.ex": CLEAN}
    return application(folder, sources | {f"lib/{name}.ex": text for name, text in files.items()})


def test_every_notation(tmp_path: Path) -> None:
    found = inventory(app(tmp_path))
    rows = [(j.schedule, j.worker, j.config.line, j.timezone) for j in found.jobs]
    assert rows == [
        ("*/15 * * * *", "A.Clean.run/0", 7, "Etc/UTC"),
        ("@daily", "A.Clean.run/0", 8, "Etc/UTC"),
        ("0 1 * * *", "A.Clean.older/1", 9, "Etc/UTC"),
        ("0 2 * * *", "A.Clean.fails/0", 10, "Etc/UTC"),
        ("0 3 * * *", "A.Clean.run/0", 11, "Etc/UTC"),
        ("0 4 * * *", "A.Clean.run/0", 13, "Etc/UTC"),
        ("@weekly", "A.Clean.older/1", 15, "Etc/GMT-3"),
        ("@weekly", "A.Clean.run/0", 16, "Etc/UTC"),
        ("@weekly", "A.Clean.older/1", 17, "Etc/UTC"),
        ("@weekly", "A.Clean.hidden/0", 18, "Etc/UTC"),
        ("30 2 * * *", "A.Clean.run/0", 19, "Europe/Berlin"),
    ]
    assert [(m.line, m.why) for m in found.not_analysed] == [
        (12, "the job's schedule is computed, or counts seconds"),
        (14, "the job's schedule is computed, or counts seconds"),
    ]
    assert len({j.id for j in found.jobs}) == len(found.jobs)


def test_verdicts(tmp_path: Path) -> None:
    jobs = {j.config.line: j for j in classify(app(tmp_path)).jobs}
    assert {n: j.verdict for n, j in jobs.items() if j.verdict != "pure_sql"} == {
        16: "needs_review", 17: "needs_review", 18: "needs_review", 19: "needs_review"
    }  # fmt: skip
    assert jobs[9].statements == ("DELETE FROM t WHERE n > 30",)
    assert {loss.code for loss in jobs[7].losses} == {"every-node", "overlap", "query-timeout"}
    codes = {n: {r.code for r in jobs[n].reasons} for n in (16, 17, 18, 19)}
    assert codes[16] == {"entry-in-doubt"} and codes[17] == {"args-unknown"}
    assert codes[18] == {"worker-not-found"} and codes[19] == {"entry-in-doubt"}


def test_jobs_in_a_function_of_the_application(tmp_path: Path) -> None:
    scheduler = """\
    defmodule A.Scheduler do
      use Quantum.Scheduler, otp_app: :a
      alias A.Clean
      def all, do: [{"@hourly", &Clean.run/0}]
    end
    """
    config = (
        "import Config\nif config_env() == :prod and x() do\n  config :a, A.Scheduler, jobs: A.Scheduler.all()\nend\n"
    )
    folder = app(tmp_path, config)
    (folder / "lib" / "scheduler.ex").write_text(scheduler)
    (job,) = inventory(folder).jobs
    assert isinstance(job, Job) and job.config.file == "lib/scheduler.ex" and job.config.line == 4
    assert job.config.condition and "x()" in job.config.condition
    assert job.handler and job.handler.module == "A.Clean"


def test_jobs_added_by_code_are_said(tmp_path: Path) -> None:
    code = 'defmodule A.Starts do\n  def go, do: A.Scheduler.add_job({"@daily", fn -> :ok end})\nend\n'
    found = inventory(app(tmp_path, "import Config\n", starts=code))
    assert not found.jobs
    assert {(m.file, m.line) for m in found.not_analysed} == {("lib/scheduler.ex", 2), ("lib/starts.ex", 2)}


def test_a_delegated_function_is_judged_where_it_stands(tmp_path: Path) -> None:
    code = "defmodule A.Front do\n  defdelegate purge, to: A.Clean, as: :run\nend\n"
    config = 'import Config\nconfig :a, A.Scheduler, jobs: [{"@daily", {A.Front, :purge, []}}]\n'
    (job,) = classify(app(tmp_path, config, front=code)).jobs
    assert (job.worker, job.verdict, job.statements) == ("A.Front.purge/0", "pure_sql", ("DELETE FROM t",))
