"""Every statement that is written, prepared by PostgreSQL against the tables that the application's migrations make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ecto_application import cases, server
from psycopg import sql

from cronlift.ecto.database import database_of
from cronlift.ecto.skeleton import skeleton
from cronlift.errors import UsageError
from cronlift.model.verdict import Classification
from cronlift.sandbox import Sandbox
from cronlift.stages.classify import classify
from cronlift.stages.prepare import prepare
from cronlift.stages.translate import read, translate_in


@pytest.fixture(scope="module")
def disposable_database(sandbox: Sandbox) -> Iterator[psycopg.Connection[Any]]:
    name = sql.Identifier("ecto_prepare")
    with psycopg.connect(**server(sandbox), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        admin.execute(sql.SQL("ALTER DATABASE {} SET cronlift.disposable = 'yes'").format(name))
    with psycopg.connect(**{**server(sandbox), "dbname": "ecto_prepare"}) as connection:
        connection.execute("CREATE TABLE public.t (other integer)")
        connection.commit()
        yield connection
    with psycopg.connect(**server(sandbox), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {}").format(name))


def test_what_is_translated_is_accepted(application: Path, disposable_database: psycopg.Connection[Any]) -> None:
    reading = read(application)
    shape = skeleton(database_of(reading.project).tables("MyApp.Repo"))
    refused: dict[str, str] = {}
    asked = 0
    connection = disposable_database
    for name in shape.schemas:
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(name)))
    for statement in shape.statements:
        connection.execute(statement.encode())
    for case in cases():
        for text in translate_in(reading, f"{case.module}.perform/1").statements:
            if text.partition(" ")[0] not in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
                continue
            asked += 1
            try:
                with connection.transaction():
                    connection.execute(b"PREPARE one AS " + text.encode())
                    connection.execute("DEALLOCATE one")
            except psycopg.Error as error:
                refused[case.id] = str(error)
    connection.rollback()
    assert asked > 150 and refused == {}


APPLICATION = {
    "mix.exs": "defmodule A.MixProject do\n  def project, do: [app: :a]\nend\n",
    "config/config.exs": "import Config\nconfig :a, ecto_repos: [A.Repo]\nconfig :a, Oban, repo: A.Repo, plugins: [\n"
    '  {Oban.Plugins.Cron, crontab: [{"0 1 * * *", A.W}]}]\n',
    "priv/repo/migrations/1_t.exs": "defmodule A.Repo.Migrations.T do\n  use Ecto.Migration\n  def change do\n"
    "    create table(:t) do\n      add :at, :utc_datetime\n      add :spot, :geometry\n    end\n  end\nend\n",
    "lib/a.ex": 'defmodule A.Repo do\n  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres\nend\n'
    'defmodule A.W do\n  use Oban.Worker\n  def perform(_) do\n    A.Repo.query!("DELETE FROM t WHERE at < now()")\n'
    '    A.Repo.query!("DELETE FROM t WHERE spot && \'x\'")\n    A.Repo.query!("DELETE FROM u")\n'
    '    A.Repo.query!("REFRESH MATERIALIZED VIEW v")\n    :ok\n  end\nend\n',
}  # fmt: skip


def classified(folder: Path) -> tuple[Path, Classification]:
    for name, text in APPLICATION.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder, classify(folder)


def test_each_refusal_says_what_is_missing(tmp_path: Path, disposable_database: psycopg.Connection[Any]) -> None:
    folder, found = classified(tmp_path / "a")
    database = database_of(read(folder).project)
    answers = prepare(found, database, disposable_database)
    assert [a.accepted for a in answers] == [True, False, False, None]
    assert "geometry is a type no migration makes" in answers[1].why
    assert "no migration makes u" in answers[2].why and "no query" in answers[3].why
    # What was there before is there again.
    assert disposable_database.execute("SELECT other FROM public.t").fetchall() == []
    disposable_database.rollback()


def test_only_in_a_disposable_database(tmp_path: Path, sandbox: Sandbox) -> None:
    folder, found = classified(tmp_path / "a")
    plain = {**server(sandbox), "dbname": "template1"}
    with psycopg.connect(**plain) as connection, pytest.raises(UsageError, match="disposable"):
        prepare(found, database_of(read(folder).project), connection)
