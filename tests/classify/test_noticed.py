"""Said beside a verdict: whether Oban is started with the crontab's configuration, and crontabs nobody compiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cases import application, only_job

from cronlift.stages.classify import classify

WORKER = """\
defmodule A.W do
  use Oban.Worker
  def perform(_job), do: A.Repo.query("DELETE FROM a")
end
"""
START = "defmodule A.Application do\n  use Application\n{lines}\nend\n"
READING = {
    "directly": "  def start(_, _), do: S.start_link([{Oban, Application.fetch_env!(:a, Oban)}])",
    "in a function": "  def start(_, _), do: S.start_link([{Oban, options()}])\n"
    "  defp options do\n    Application.get_env(:a, Oban, [])\n  end",
    "as an attribute": "  @oban Application.compile_env(:a, Oban)\n"
    "  def start(_, _), do: S.start_link([{Oban, @oban}])",
    "through the application's own function": "  def start(_, _), do: S.start_link([{Oban, A.Config.get(Oban)}])",
    "with everything": "  def start(_, _), do: S.start_link([{Oban, Application.get_all_env(:a)[Oban]}])",
    "by a key that is computed": "  def start(_, _), do: Enum.map([Oban], &{Oban, Application.get_env(:a, &1)})",
}
NOT_READING = {
    "bare": ("  def start(_, _), do: S.start_link([A.Repo, Oban])", "lib/application.ex:3"),
    "by a function": (
        "  def start(_, _), do: S.start_link([oban()])\n  defp oban do\n    Oban\n  end", "lib/application.ex:5",
    ),
    "with other options": (
        "  def start(_, _), do: S.start_link([{Oban, repo: A.Repo, queues: [default: 1]}])", "lib/application.ex:3",
    ),
    "with another application's": (
        "  def start(_, _), do: S.start_link([{Oban, Application.fetch_env!(:b, Oban)}])", "lib/application.ex:3",
    ),
    "by hand": ("  def start(_, _), do: Oban.start_link(repo: A.Repo)", "lib/application.ex:3"),
    "not at all": ("  def start(_, _), do: S.start_link([A.Repo])", "own code starts Oban"),
}  # fmt: skip


def started(folder: Path, lines: str) -> list[str]:
    root = application(folder, WORKER)
    (root / "lib" / "application.ex").write_text(START.format(lines=lines))
    job = only_job(root)
    assert job.verdict == "pure_sql"
    return [said.text for said in (*job.questions, *job.remarks) if said.code == "never-started"]


@pytest.mark.parametrize("lines", READING.values(), ids=READING)
def test_configuration_that_is_read_is_not_remarked(lines: str, tmp_path: Path) -> None:
    assert started(tmp_path / "a", lines) == []


@pytest.mark.parametrize(("lines", "where"), NOT_READING.values(), ids=NOT_READING)
def test_configuration_that_nothing_reads_is_said(lines: str, where: str, tmp_path: Path) -> None:
    (text,) = started(tmp_path / "a", lines)
    assert where in text and "`config :a, Oban`" in text


def test_an_instance_module_of_its_own_reads_the_setting_of_its_name(tmp_path: Path) -> None:
    root = application(tmp_path / "a", WORKER)
    config = root / "config" / "config.exs"
    config.write_text(config.read_text().replace("config :a, Oban,", "config :a, A.Oban,"))
    (root / "lib" / "oban.ex").write_text("defmodule A.Oban do\n  use Oban, otp_app: :a\nend\n")
    job = only_job(root)
    assert (job.questions, job.remarks) == ((), ())


def test_a_crontab_in_a_file_that_is_not_compiled_is_said(tmp_path: Path) -> None:
    root = application(tmp_path / "a", WORKER)
    (root / "extra").mkdir()
    (root / "extra" / "cloud.ex").write_text(
        "defmodule Cloud do\n  defmacro __using__(_) do\n    quote do\n"
        "      config :a, Oban, plugins: [{Oban.Plugins.Cron, crontab: [{\"@daily\", Cloud.W}]}]\n"
        "    end\n  end\nend\n"
    )  # fmt: skip
    (missing,) = classify(root).not_analysed
    assert (missing.file, missing.line) == ("extra/cloud.ex", 4)
    assert "not compiled" in missing.why
