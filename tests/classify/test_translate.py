"""One function to SQL, or why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cases import application

from cronlift.commands.main import main
from cronlift.stages.translate import translate

SOURCE = """\
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_), do: clean(7)
  def clean(days \\\\ 30), do: Repo.query("DELETE FROM t WHERE age > #{days}")
  def ping, do: Req.get!("https://example.com")
  def fixed, do: Repo.query!("ANALYZE t")
end
"""


def test_a_function_of_known_sql(tmp_path: Path) -> None:
    found = translate(application(tmp_path / "a", SOURCE), "A.W.fixed/0")
    assert (found.translatable, found.statements) == (True, ("ANALYZE t",))
    assert translate(tmp_path / "a", "A.W.clean/0").statements == ("DELETE FROM t WHERE age > 30",)


@pytest.mark.parametrize(("name", "code"), [("A.W.clean/1", "sql-unknown"), ("A.W.ping/0", "needs-app-http")])
def test_why_not(name: str, code: str, tmp_path: Path) -> None:
    found = translate(application(tmp_path / "a", SOURCE), name)
    assert not found.translatable and found.statements == ()
    assert code in {r.code for r in found.reasons}


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("A.W.fixed/0", 0, ""),
        ("A.W.ping/0", 1, ""),
        ("A.W.fixed", 2, "not a function's name"),
        ("A.W.gone/0", 2, "the module has no such function"),
        ("A.Gone.x/0", 2, "it has no module of that name"),
    ],
)
def test_exit_codes(name: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["translate", "--app", str(application(tmp_path / "a", SOURCE)), name]) == code
    assert said in capsys.readouterr().err


FUNCTION = """defmodule A.Repo.Migrations.F do
  use Ecto.Migration
  def change do
    execute("CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ SELECT set_config('search_path', 'x', false) $$")
  end
end
"""


def test_what_a_called_function_does_counts(tmp_path: Path) -> None:
    folder = application(tmp_path / "a", SOURCE.replace("ANALYZE t", "SELECT f()"))
    (folder / "priv" / "repo" / "migrations").mkdir(parents=True)
    (folder / "priv" / "repo" / "migrations" / "1_f.exs").write_text(FUNCTION)
    assert not translate(folder, "A.W.fixed/0").translatable
