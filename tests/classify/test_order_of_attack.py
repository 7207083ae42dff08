"""The order of attack: what can move, what a mistake would cost, how often it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cases import application

from cronlift.commands.main import main
from cronlift.stages.attack import order_of_attack
from cronlift.stages.classify import classify

WORKERS = {
    "Often": 'A.Repo.query("REFRESH MATERIALIZED VIEW v")',
    "Rarely": 'A.Repo.query("REFRESH MATERIALIZED VIEW w")',
    "Some": 'A.Repo.query("DELETE FROM t WHERE old")',
    "All": 'A.Repo.query("DELETE FROM t")',
    "Unclear": 'A.Repo.query("DELETE FROM #{System.get_env("T")}")',
    "Stays": 'File.rm("x")',
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    code = "".join(
        f"defmodule A.{name} do\n  use Oban.Worker\n  def perform(_), do: {body}\nend\n"
        for name, body in WORKERS.items()
    )
    often = {"Often": "*/15 * * * *"}
    entries = ", ".join(f'{{"{often.get(n, "0 3 * * *")}", A.{n}}}' for n in WORKERS)
    return application(tmp_path / "a", code, entries)


def test_order(app: Path) -> None:
    rows = [(t.job.worker, t.way, t.risk, t.runs) for t in order_of_attack(classify(app))]
    assert rows == [
        ("A.Often", "automatic", "low", 96),
        ("A.Rarely", "automatic", "low", 1),
        ("A.Some", "automatic", "medium", 1),
        ("A.All", "automatic", "high", 1),
        ("A.Unclear", "needs a look", "low", 1),
        ("A.Stays", "stays", "low", 1),
    ]


def test_the_command_lists_it(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "--app", str(app), "--order"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["what", "now", "risk", "runs", "a", "day", "job", "verdict"]
    assert "oban:A.Often" in lines[1] and "96" in lines[1]


def test_a_question_comes_before_the_move(app: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = app / "config" / "config.exs"
    config.write_text(
        config.read_text().replace("config :a, Oban", 'if System.get_env("X") do\nconfig :a, Oban') + "end\n"
    )
    ways = {t.job.worker: t.way for t in order_of_attack(classify(app))}
    assert ways["A.Often"] == "needs a look" and ways["A.Stays"] == "stays"
    assert main(["classify", "--app", str(app)]) == 0
    shown = capsys.readouterr()
    assert "to be said before a move" in shown.out + shown.err and 'System.get_env("X")' in shown.out
