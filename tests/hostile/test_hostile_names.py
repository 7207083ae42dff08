"""Names and SQL that are up to no good, planned, really installed, run and rolled back on a real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from databases import AppDatabase
from mutations import small

from cronlift.commands.main import main
from cronlift.stages.classify import classify

LONG = "A." + "W" * 198  # a worker's name of 200 characters
SQL = r"""DELETE FROM "T$$able" WHERE "naïve'q" = E'it''s $$ $body$ $cronlift$ \n ; -- */ x' OR note = 'а᠎b'"""
NAMES = {
    "cron_name": "a'b\"c $job$ $check$ \\ ü; -- раураl %s {x} :y",
    "procedure": "p'q\"r $$ $body$ ; -- Ａ",
    "schema_name": 'S"c$$h',
}


def _source(name: str) -> str:
    elixir = SQL.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f"defmodule {name} do\n  use Oban.Worker\n  def perform(_job) do\n"
        f'    A.Repo.query!("{elixir}")\n    A.Repo.query!("INSERT INTO seen\\nVALUES (\'$$\\n$body$\')")\n'
        "    :ok\n  end\nend\n"
    )


@pytest.mark.parametrize("chosen", [True, False], ids=["names chosen by a person", "names by default"])
@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
def test_hostile_names_go_in_run_and_come_out(
    app_database: AppDatabase, tmp_path: Path, chosen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small(tmp_path / "a", _source(LONG).encode())
    config = tmp_path / "a" / "config" / "config.exs"
    config.write_text(config.read_text().replace("A.W}", f"{LONG}}}"))
    app_database.execute(
        """CREATE TABLE "T$$able" ("naïve'q" text, note text); CREATE TABLE seen (x text);
        CREATE SCHEMA "S""c$$h";
        INSERT INTO "T$$able" VALUES (E'it''s $$ $body$ $cronlift$ \\n ; -- */ x', ''), ('other', '')"""
    )
    (job,) = classify(tmp_path / "a").jobs
    assert (job.verdict, len(job.worker)) == ("pure_sql", 200)
    decision = {"code_hash": job.code_hash, "who": "me", "when": "now", "why": "a test"} | (NAMES if chosen else {})
    decisions = tmp_path / "d.yaml"
    decisions.write_text(json.dumps({"schema_version": 1, "jobs": {job.id: decision}}))  # JSON is YAML
    assert main(["generate", "--app", "a", "--run", "r", "--decisions", str(decisions)]) == 0
    before = _state(app_database)
    assert main(["install", "--run", "r", "--apply"]) == 0
    assert main(["install", "--run", "r", "--apply"]) == 0
    entries, procedures = _state(app_database)
    assert len(entries) == 1
    assert len(procedures) == len(before[1]) + 1
    if chosen:
        assert entries[0][0] == NAMES["cron_name"]
        assert (NAMES["schema_name"], NAMES["procedure"]) in procedures
    with app_database.connect() as connection:
        connection.autocommit = True
        connection.execute(str(entries[0][1]).encode())
        assert connection.execute("""SELECT "naïve'q" FROM "T$$able" """).fetchall() == [("other",)]
        assert connection.execute("SELECT x FROM seen").fetchall() == [("$$\n$body$",)]
    assert main(["rollback", "--run", "r", "--apply"]) == 0
    assert _state(app_database) == before


def _state(database: AppDatabase) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    with database.admin(database.sandbox.cron_database) as connection:
        entries = connection.execute(
            "SELECT jobname::text, command FROM cron.job WHERE database = %s ORDER BY 1", (database.name,)
        ).fetchall()
    with database.admin() as connection:
        procedures = connection.execute(
            "SELECT pronamespace::regnamespace::text, proname::text, nspname::text FROM pg_proc "
            "JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname !~ '^(pg_|information_schema|cron)' "
            "ORDER BY 1, 2"
        ).fetchall()
    return entries, [(row[2], row[1]) for row in procedures]


def test_names_that_postgresql_would_cut_or_garble_are_refused(
    app_database: AppDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    small(tmp_path / "a", _source("A.W").encode())
    app_database.execute("""CREATE TABLE "T$$able" ("naïve'q" text, note text); CREATE TABLE seen (x text)""")
    (job,) = classify(tmp_path / "a").jobs
    for name, words in (
        ("x" * 64, "has 64 bytes"),
        ("a\nb", "cannot be shown"),
        ("a\u202eb", "cannot be shown"),
        ("", "is empty"),
    ):
        decision = {"code_hash": job.code_hash, "who": "me", "when": "now", "why": "a test", "cron_name": name}
        (tmp_path / "d.yaml").write_text(json.dumps({"schema_version": 1, "jobs": {job.id: decision}}))
        code = main(["generate", "--app", "a", "--run", "r", "--decisions", "d.yaml"])
        said = capsys.readouterr()
        assert code in (1, 2)
        assert words in said.out + said.err
        assert "\u202e" not in said.out + said.err
