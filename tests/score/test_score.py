"""Scoring against labels: what is found, what is missing, and what is wrong about safety."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cronlift.commands.main import main

CONFIG = """\
import Config
config :a, ecto_repos: [A.Repo]
config :a, Oban, repo: A.Repo, queues: [default: 1], plugins: [{Oban.Plugins.Cron, crontab: [
  {"0 1 * * *", A.Pure},
  {"0 2 * * *", A.Reads},
  {"0 3 * * *", A.Unlabelled}
]}]
"""
CODE = """\
defmodule A.Repo do
  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres
end
defmodule A.Pure do
  use Oban.Worker
  def perform(_), do: A.Repo.query("DELETE FROM t")
end
defmodule A.Reads do
  use Oban.Worker
  def perform(_), do: File.read("x")
end
"""


def label(line: int, worker: str, kind: str, style: str = "none", also: str | None = None) -> dict[str, object]:
    return {
        "repo": "o/n", "commit": "0123456789abcdef", "config_path": "app/config/config.exs", "line": line,
        "schedule": f"0 {line - 3} * * *", "worker": worker, "class": kind, "alt_class": also, "sql_style": style,
    }  # fmt: skip


@pytest.fixture
def apps(tmp_path: Path) -> Path:
    root = tmp_path / "apps" / "o+n@01234567" / "app"
    (root / "config").mkdir(parents=True)
    (root / "lib").mkdir()
    (root / "mix.exs").write_text("defmodule A.MixProject do\nend\n")
    (root / "config" / "config.exs").write_text(CONFIG)
    (root / "lib" / "a.ex").write_text(CODE)
    return tmp_path / "apps"


def run(
    apps: Path, labels: list[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> tuple[int, dict[str, object]]:
    path = apps.parent / "labels.json"
    path.write_text(json.dumps(labels))
    code = main(["score", "--labels", str(path), "--apps", str(apps), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_agreement(apps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = [
        label(4, "A.Pure", "PURE_SQL", "raw SQL string"),
        label(5, "A.Reads", "APP_LOGIC"),
        label(9, "A.Gone", "MIXED"),
    ]
    code, found = run(apps, [*labels, {**labels[0], "repo": "o/other"}], capsys)
    assert code == 0 and found["absent"] == ["o/other@01234567"]
    (app,) = found["apps"]  # type: ignore[misc]
    assert [j["verdict"] for j in app["jobs"]] == ["pure_sql", "app_logic", None]
    assert app["unlabelled"] == ["oban:A.Unlabelled (config/config.exs:6)"]


def test_wrong_about_safety(apps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(apps, [label(4, "A.Pure", "APP_LOGIC", also="MIXED")], capsys)[0] == 1
    assert run(apps, [label(4, "A.Pure", "APP_LOGIC", also="PURE_SQL")], capsys)[0] == 0


@pytest.mark.parametrize("text", ["{", "[1]", '[{"repo": "o/n"}]'])
def test_labels_that_are_none(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels.json").write_text(text)
    assert main(["score", "--labels", str(tmp_path / "labels.json"), "--apps", str(tmp_path)]) == 2
    assert "labels.json" in capsys.readouterr().err
