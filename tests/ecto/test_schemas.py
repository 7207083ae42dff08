"""Schemas and migrations that are written in other ways than the tests' application."""

from __future__ import annotations

from pathlib import Path

from cronlift.ecto.database import Database
from cronlift.elixir.project import Project


def project(root: Path, **files: str) -> Project:
    for name in ("lib", "config", "priv/repo/migrations"):
        (root / name).mkdir(parents=True)
    (root / "mix.exs").write_text("defmodule A.MixProject do\n  use Mix.Project\nend\n")
    config = "import Config\nconfig :a, ecto_repos: [A.Repo]\n"
    (root / "config/config.exs").write_text(config + files.pop("config", ""))
    (root / "lib/repo.ex").write_text(
        "defmodule A.Repo do\n  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres\nend\n"
    )
    for name, text in files.items():
        folder = "priv/repo/migrations" if name.startswith("m2") else "lib"
        (root / folder / (f"{name[1:]}.exs" if name.startswith("m2") else f"{name}.ex")).write_text(text)
    return Project(root)


def test_typed_schemas_and_a_use_of_the_applications_own(tmp_path: Path) -> None:
    database = Database(
        project(
            tmp_path / "a",
            base="defmodule A.Schema do\n  defmacro __using__(_) do\n    quote do\n      use Ecto.Schema\n"
            "      @primary_key {:id, :binary_id, autogenerate: true}\n      @foreign_key_type :binary_id\n"
            "      @timestamps_opts [type: :utc_datetime_usec]\n    end\n  end\nend\n",
            user='defmodule A.User do\n  use A.Schema\n  schema "users" do\n    field :name\n'
            "    belongs_to :team, A.Team\n    timestamps()\n  end\nend\n",
            team='defmodule A.Team do\n  use TypedEctoSchema\n  typed_schema "teams" do\n'
            "    field(:size, :integer, null: false) :: pos_integer()\n  end\nend\n",
        )
    )
    user, team = database.schemas.get("A.User"), database.schemas.get("A.Team")
    assert user is not None and team is not None
    kinds = {n: str(f.type) for n, f in user.fields.items()}
    assert user.unsure == team.unsure == ""
    assert kinds == {
        "id": ":binary_id",
        "name": ":string",
        "team_id": ":binary_id",
        "inserted_at": ":utc_datetime_usec",
        "updated_at": ":utc_datetime_usec",
    }
    assert str(team.fields["size"].type) == ":integer"


def test_what_is_not_understood_in_a_schema_makes_it_unsure(tmp_path: Path) -> None:
    text = 'defmodule A.X do\n  use Ecto.Schema\n  schema "x" do\n    my_fields()\n  end\nend\n'
    schema = Database(project(tmp_path / "a", x=text)).schemas.get("A.X")
    assert schema is not None and "my_fields" in schema.unsure


def test_migrations_in_their_order_decide_the_types(tmp_path: Path) -> None:
    database = Database(
        project(
            tmp_path / "a",
            config="config :a, A.Repo, migration_timestamps: [type: :timestamptz]\n",
            m20250101000000_a="defmodule A.M1 do\n  use Ecto.Migration\n  def change do\n"
            "    create table(:events) do\n      add :at, :utc_datetime\n      add :old, :utc_datetime_usec\n"
            "      timestamps()\n    end\n  end\nend\n",
            m20250201000000_b="defmodule A.M2 do\n  use Ecto.Migration\n  def change do\n"
            "    alter table(:events) do\n      modify :at, :utc_datetime_usec\n    end\n"
            "    rename table(:events), :old, to: :new\n"
            '    execute "ALTER TABLE events ADD COLUMN seen timestamptz", ""\n  end\nend\n',
            m20250301000000_c="defmodule A.M3 do\n  use Ecto.Migration\n  def up do\n"
            "    for t <- tables() do\n      alter table(t) do\n        modify :at, :timestamptz\n      end\n    end\n"
            '  end\n  defp tables, do: File.read!("tables") |> String.split()\nend\n',
        )
    )
    column = {n: database.column_type("A.Repo", "events", n) for n in ("new", "old", "seen", "inserted_at", "at")}
    # Which tables the last one changes is not known: the type of `at` is not known any more.
    assert column == {"new": "timestamp", "old": None, "seen": "timestamptz", "inserted_at": "timestamptz", "at": None}
