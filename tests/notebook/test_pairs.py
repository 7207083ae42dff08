"""Source beside SQL: what belongs together has the same number on both sides."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.notebook import pairs, views
from cronlift.notebook.display import Excerpt, Sides, block
from cronlift.stages.classify import classify

CONFIG = """
import Config
config :shop, Oban, plugins: [{Oban.Plugins.Cron, crontab: [{"@daily", Shop.Worker}, {"@hourly", Shop.Raw}]}]
config :shop, ecto_repos: [Shop.Repo]
"""
WORKER = """defmodule Shop.Worker do
  use Oban.Worker
  import Ecto.Query

  def perform(_job) do
    stale()
    |> where([c], c.kind == "<b>old</b>")
    |> Shop.Repo.delete_all()

    :ok
  end

  defp stale do
    from c in "carts", join: s in subquery(shops()), on: s.id == c.shop_id, where: c.size < 3
  end

  defp shops, do: from(s in "shops", where: s.closed, select: %{id: s.id})
end
"""
RAW = '''defmodule Shop.Raw do
  use Oban.Worker

  @sql """
  DELETE FROM carts
  WHERE size = 0
  """
  def perform(_job) do
    {:ok, _} = Shop.Repo.query(@sql, [])
    :ok
  end
end
'''
REPO = "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres\nend\n"
MIGRATION = """defmodule Shop.Repo.Migrations.All do
  use Ecto.Migration

  def change do
    create table(:carts) do
      add :kind, :text
      add :size, :integer
      add :shop_id, :bigint
    end

    create table(:shops) do
      add :closed, :boolean
    end
  end
end
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    for name, text in {
        "mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n",
        "config/config.exs": CONFIG, "lib/worker.ex": WORKER, "lib/raw.ex": RAW, "lib/repo.ex": REPO,
        "priv/repo/migrations/20250101000000_all.exs": MIGRATION,
    }.items():  # fmt: skip
        file = tmp_path / "shop" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "shop"


def job(found: Classification, worker: str) -> ClassifiedJob:
    return next(job for job in found.jobs if job.worker == worker)


def marked(excerpts: tuple[Excerpt, ...]) -> dict[int, str]:
    """What each pair's stretches say, runs of blanks as one."""
    texts: dict[int, list[str]] = {}
    for excerpt in excerpts:
        for line in excerpt.lines:
            for stretch in line.stretches:
                if stretch.pair:
                    texts.setdefault(stretch.pair, []).append(stretch.text)
    return {pair: re.sub(r"\s+", " ", "".join(text)) for pair, text in texts.items()}


def sides(app: Path, worker: str) -> Sides:
    found = job(classify(app), worker)
    assert found.verdict == "pure_sql", found.reasons
    return pairs.side_by_side(app, "both", found.steps)


def test_clauses_of_a_query_that_is_built_in_three_places(app: Path) -> None:
    both = sides(app, "Shop.Worker")
    right = marked(both.right)
    assert right == {
        1: 'DELETE FROM "carts" AS c0',
        2: 'USING (SELECT ss0."id" AS "id" FROM "shops" AS ss0 WHERE (ss0."closed")) AS s1',
        3: 'WHERE (s1."id" = c0."shop_id") AND (c0."size" < 3) AND (c0."kind" = \'<b>old</b>\')',
    }
    left = marked(both.left)
    assert left[1] == 'Shop.Repo.delete_all()c in "carts"'
    assert left[2] == 's in subquery(shops())s in "shops"s.closed%{id: s.id}'
    assert left[3] == 'c.kind == "<b>old</b>"s.id == c.shop_idc.size < 3'


def test_sql_that_is_one_string_belongs_to_it_as_a_whole(app: Path) -> None:
    both = sides(app, "Shop.Raw")
    assert marked(both.right) == {1: "DELETE FROM cartsWHERE size = 0"}
    assert "DELETE FROM carts" in marked(both.left)[1] and "Shop.Repo.query(@sql, [])" in marked(both.left)[1]
    assert [line.number for line in both.left[0].lines][:3] == [2, 3, 4]


def test_everything_is_escaped_and_nothing_is_fetched(app: Path) -> None:
    html = block(sides(app, "Shop.Worker")).html
    assert "<b>old" not in html and "&lt;b&gt;old" in html
    assert "<script" not in html and "http" not in html and "url(" not in html


def test_both_forms_carry_the_numbers(app: Path) -> None:
    both = block(sides(app, "Shop.Worker"))
    assert both.html.count("<sup>3</sup>") >= 4
    assert "[2] USING (SELECT" in both.text and "[2] s in subquery(shops())" in both.text


def test_source_that_changed_or_went_does_not_break_the_page(app: Path, tmp_path: Path) -> None:
    found = classify(app)
    copy = Path(shutil.copytree(app, tmp_path / "later"))
    (copy / "lib/worker.ex").write_text("# gone\n", encoding="utf-8")
    (copy / "lib/raw.ex").unlink()
    text = views.classification(found, copy).text
    assert "lib/raw.ex cannot be read any more" in text and "lib/worker.ex has changed since" in text


def test_minutes_are_the_readers_own(app: Path) -> None:
    found = classify(app)
    nothing = views.order(found, {"automatic": (0, 0)})
    assert "2 automatic, 0 needs a look, 0 stays; fill in your own minutes" in nothing.text
    said = views.order(found, {"automatic": (90, 5.5)}).text
    assert "169 minutes saved by your figures" in said
    assert said.index("Worker") > said.index("Raw")  # the one that runs more often comes first
