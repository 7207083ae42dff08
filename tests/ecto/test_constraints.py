"""What the application's migrations say against a statement, and what reading them must not miss."""

from __future__ import annotations

from pathlib import Path

import pytest

from cronlift.stages.translate import Translation, translate

_FILES = {
    "mix.exs": "defmodule A.MixProject do\n  def project, do: [app: :a]\nend\n",
    "lib/a.ex": """defmodule A.Repo do
  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres
end
defmodule A.Tag do
  use Ecto.Schema
  schema "tags" do
    field :name, :string
    field :kind, :string
    field :seen_at, :utc_datetime
  end
end
""",
}
_MIGRATION = """defmodule A.Repo.Migrations.Tags do
  use Ecto.Migration
  def change do
    create table(:tags) do
      add :name, :string, null: false
      add :kind, :string
      add :seen_at, :utc_datetime
    end
    INDEX
  end
end
"""


def translated(
    folder: Path, body: str, index: str = "", config: str = "", more: dict[str, str] | None = None
) -> Translation:
    worker = f"defmodule A.W do\n  import Ecto.Query\n  alias A.{{Repo, Tag}}\n  def run do\n    {body}\n  end\nend\n"
    files = {
        **_FILES,
        "lib/w.ex": worker,
        "config/config.exs": f"import Config\nconfig :a, ecto_repos: [A.Repo]\n{config}\n",
        "priv/repo/migrations/1_tags.exs": _MIGRATION.replace("INDEX", index),
        **(more or {}),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return translate(folder, "A.W.run/0")


UPSERT = 'Repo.insert_all(Tag, [%{name: "x"}], on_conflict: :nothing, conflict_target: [:name])'


@pytest.mark.parametrize(
    ("index", "accepted"),
    [
        ("", False),
        ("create index(:tags, [:name])", False),
        ("create unique_index(:tags, [:name, :kind])", False),
        ("create unique_index(:tags, [:name], where: \"kind = 'a'\")", True),  # may be implied: not refused as certain
        ('create unique_index(:tags, ["lower(name)"])', True),
        ("create unique_index(:tags, [:name])", True),
        ("create unique_index(:tags, :name)", True),
        ("create index(:tags, [:name], unique: true)", True),
        ('execute "CREATE UNIQUE INDEX i ON tags (name)"', True),
        ('execute "ALTER TABLE tags ADD CONSTRAINT c UNIQUE (name)"', True),
        ("if System.get_env(\"X\"), do: create(unique_index(:tags, [:name]))", True),
        ("rename table(:tags), :kind, to: :sort\n    create unique_index(:tags, [:sort])", False),
    ],
)  # fmt: skip
def test_on_conflict_needs_a_unique_index(index: str, accepted: bool, tmp_path: Path) -> None:
    found = translated(tmp_path, UPSERT, index)
    assert found.translatable is accepted, found.reasons
    if not accepted:
        assert [r.code for r in found.reasons] == ["ecto-raises"] and "unique index" in found.reasons[0].text


def test_on_conflict_finds_the_primary_key(tmp_path: Path) -> None:
    body = 'Repo.insert_all(Tag, [%{id: 1, name: "x"}], on_conflict: :nothing, conflict_target: :id)'
    assert translated(tmp_path, body).translatable


@pytest.mark.parametrize(
    ("body", "accepted"),
    [
        ("Repo.update_all(Tag, set: [name: nil])", False),
        ("Repo.update_all(from(t in Tag, update: [set: [name: nil]]), [])", False),
        ("Repo.update_all(Tag, set: [kind: nil])", True),
        ('Repo.query("UPDATE tags SET name = NULL")', False),
        ('Repo.query("UPDATE tags SET name = $1", [nil])', False),
        ("Repo.query(\"INSERT INTO tags (kind, name) VALUES ('a', 'b'), ('a', NULL::text)\")", False),
        ("Repo.query(\"INSERT INTO tags (kind, name) VALUES (NULL, 'b')\")", True),
        ('Repo.query("UPDATE tags SET name = nullif(name, kind)")', True),
    ],
)
def test_null_in_a_column_that_has_none(body: str, accepted: bool, tmp_path: Path) -> None:
    assert translated(tmp_path, body).translatable is accepted


def test_references_have_the_type_of_the_primary_keys(tmp_path: Path) -> None:
    more = {
        "priv/repo/migrations/2_marks.exs": "defmodule A.Marks do\n  use Ecto.Migration\n  def change do\n"
        "    create table(:marks) do\n      add :tag_id, references(:tags)\n    end\n  end\nend\n"
    }
    body = (
        'Repo.query("DELETE FROM marks WHERE tag_id = $1", [<<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16>>])'
    )
    config = "config :a, A.Repo, migration_primary_key: [type: :binary_id]"
    found = translated(tmp_path, body, config=config, more=more)
    assert found.translatable and "::uuid" in found.statements[0]


ABOUT_SEEN = "Repo.delete_all(from t in Tag, where: t.seen_at < ^DateTime.utc_now())"


def test_a_migration_named_by_an_atom_is_read(tmp_path: Path) -> None:
    change = 'defmodule :"Elixir.A.Change-seen" do\n  use Ecto.Migration\n  def change do\n    alter table(:tags) do\n'
    more = {"priv/repo/migrations/2_b.exs": f"{change}      modify :seen_at, :timestamptz\n    end\n  end\nend\n"}
    found = translated(tmp_path, ABOUT_SEEN, more=more)
    assert found.statements == ('DELETE FROM "tags" AS t0 WHERE (t0."seen_at" < date_trunc(\'second\', now()))',)


def test_a_migration_that_is_not_read_leaves_what_it_names_unknown(tmp_path: Path) -> None:
    more = {
        "priv/repo/migrations/2_b.exs": 'Code.eval_string("alter table(:tags), do: modify(:seen_at, :timestamptz)")'
    }
    assert "column-type-unknown" in [r.code for r in translated(tmp_path, ABOUT_SEEN, more=more).reasons]
    assert translated(tmp_path / "b", ABOUT_SEEN).translatable


@pytest.mark.parametrize(
    "block",
    [
        "for c <- [:seen_at], do: modify(c, :timestamptz)",
        "Enum.each([:seen_at], fn c -> modify(c, :timestamptz) end)",
        "zoned(:seen_at)",
    ],
)
def test_loops_and_helpers_inside_of_a_block(block: str, tmp_path: Path) -> None:
    head = "defmodule A.B do\n  use Ecto.Migration\n  def change do\n    alter table(:tags) do\n"
    text = f"{head}      {block}\n    end\n  end\n"
    helper = "  defp zoned(c) do\n    modify c, :timestamptz\n  end\nend\n"
    more = {"priv/repo/migrations/2_b.exs": text + helper}
    found = translated(tmp_path, ABOUT_SEEN, more=more)
    assert found.statements == ('DELETE FROM "tags" AS t0 WHERE (t0."seen_at" < date_trunc(\'second\', now()))',)
