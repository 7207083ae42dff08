"""What surrounds a job counts too: its entry's condition, the sessions it runs in, who listens to it."""

from __future__ import annotations

from pathlib import Path

from test_cases import application, only_job

WORKER = """\
defmodule A.W do
  use Oban.Worker, max_attempts: 3, unique: [period: 60]
  def perform(_), do: A.Repo.query("DELETE FROM t")
  def timeout(_), do: :timer.seconds(5)
end
"""


def append(folder: Path, text: str) -> None:
    with (folder / "config" / "config.exs").open("a") as config:
        config.write(text)


def test_losses_are_named(tmp_path: Path) -> None:
    job = only_job(application(tmp_path / "a", WORKER))
    assert job.verdict == "pure_sql"
    assert {loss.code for loss in job.losses} == {"query-timeout", "retries", "uniqueness", "job-timeout", "overlap"}


def test_a_workers_own_backoff_is_a_loss(tmp_path: Path) -> None:
    own = WORKER.replace("  def timeout(", "  def backoff(_job), do: 5\n\n  def timeout(")
    assert own != WORKER
    assert "backoff" in {loss.code for loss in only_job(application(tmp_path / "a", own)).losses}


def test_listeners_to_oban_are_a_loss(tmp_path: Path) -> None:
    folder = application(tmp_path / "a", WORKER)
    listener = "defmodule A.L do\n  def go, do: :telemetry.attach(1, [:oban, :job, :stop], &x/4, 1)\nend\n"
    (folder / "lib" / "listener.ex").write_text(listener)
    assert "oban-events" in {loss.code for loss in only_job(folder).losses}


def test_a_conditional_entry_is_a_question(tmp_path: Path) -> None:
    folder = application(tmp_path / "a", WORKER)
    config = (folder / "config" / "config.exs").read_text()
    (folder / "config" / "config.exs").write_text(
        config.replace("config :a, Oban", 'if System.get_env("X") do\nconfig :a, Oban') + "end\n"
    )
    job = only_job(folder)
    # What the job does is known; whether it is scheduled at all only the deployment knows, and a decision must say.
    assert job.verdict == "pure_sql" and [q.code for q in job.questions] == ["conditional-entry"]
    assert [s.sql for s in job.steps] == ["DELETE FROM t"]


def test_session_settings_need_review(tmp_path: Path) -> None:
    folder = application(tmp_path / "a", WORKER)
    append(folder, 'config :a, A.Repo, parameters: [search_path: "tenant"]\n')
    assert "session-settings" in {r.code for r in only_job(folder).reasons}


def test_code_hash_follows_the_code(tmp_path: Path) -> None:
    first = only_job(application(tmp_path / "a", WORKER)).code_hash
    same = only_job(application(tmp_path / "b", WORKER + "\n# a comment elsewhere\n")).code_hash
    changed = only_job(application(tmp_path / "c", WORKER.replace("FROM t", "FROM u"))).code_hash
    assert first == same != changed
    assert only_job(application(tmp_path / "d", WORKER, '{"1 * * * *", A.W}')).code_hash != first
