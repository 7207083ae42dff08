"""Migration files, before they run: Ecto's and plain SQL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cronlift.commands.main import main
from cronlift.doctor.migrations import diagnose_migrations

TABLES = """
defmodule Shop.Repo.Migrations.Tables do
  use Ecto.Migration

  def change do
    create table(:events) do
      add :kind, :string, null: false
      add :tags, {:array, :integer}
      timestamps(type: :utc_datetime)
    end

    create unique_index(:events, [:kind])
    Oban.Migration.up(version: 12)
  end
end
"""

CRON = '''
defmodule Shop.Repo.Migrations.Cron do
  use Ecto.Migration

  def up do
    execute("CREATE EXTENSION IF NOT EXISTS pg_cron")

    execute("""
    CREATE OR REPLACE PROCEDURE seed()
    LANGUAGE SQL AS $$ INSERT INTO themes (name) VALUES ('first'); $$;
    """)

    execute("""
    CREATE PROCEDURE tidy(days integer) LANGUAGE plpgsql AS $$
    DECLARE oldest timestamp := now() AT TIME ZONE 'UTC' - make_interval(days => days);
    BEGIN
      DELETE FROM events WHERE inserted_at < oldest;
      VACUUM events;
    END $$;
    """)

    # Monthly, first Sunday
    execute("""
    SELECT cron.schedule('reindex', '0 3 * * 0', 'REINDEX INDEX CONCURRENTLY events_kind_index');
    """)

    execute("SELECT cron.schedule('once-seed', '0 0 1 1 *', 'CALL seed()')")
    execute("SELECT cron.schedule('tidy', '0 4 * * *', 'CALL tidy(30)')")
    execute("SELECT cron.schedule('old-jobs', '10 4 * * *', 'DELETE FROM oban_jobs WHERE updated_at < now()')")
    execute("SELECT cron.schedule('fine', '20 4 * * *', $$DELETE FROM events WHERE kind = 'old'$$)")
    execute("SELECT cron.schedule('both', '30 4 * * *', 'VACUUM ANALYZE; ANALYZE')")
    execute("SELECT cron.schedule('kept', '40 4 * * *', 'TABLE elsewhere -- cronlift: allow missing-relation manual')")
    execute("SELECT cron.schedule('gone', '50 4 * * *', 'DELETE FROM nowhere')")
    execute("SELECT cron.unschedule('gone')")
    execute("SELECT cron.schedule('quoted', '0 5 * * *', 'DELETE FROM events WHERE kind = 'old')")
  end

  def down do
    execute("SELECT cron.unschedule(job_name) FROM cron.job WHERE job_name IN ('reindex')")
    execute("SELECT cron.unschedule(jobname) FROM cron.job WHERE jobname IN ('tidy')")
  end
end
'''

SQL = """
CREATE TABLE log (id bigint PRIMARY KEY, at timestamptz NOT NULL);
CREATE MATERIALIZED VIEW busy AS SELECT id FROM log;
-- weekly
SELECT cron.schedule('refresh-busy', '7 * * * *', 'REFRESH MATERIALIZED VIEW CONCURRENTLY busy');
SELECT cron.schedule('prune', '7 2 * * *', $$DELETE FROM log WHERE at < now() - interval '7 days'$$);
DO $$ BEGIN PERFORM cron.schedule('sweep', '9 2 * * *', 'SELECT sweep_everything()'); END $$;
-- migrate:down
SELECT cron.unschedule('prune');
DELETE FROM cron.job WHERE job_name = 'prune';
"""


def put(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_ecto_migrations(tmp_path: Path) -> None:
    folder = put(
        tmp_path / "priv" / "repo" / "migrations",
        **{"20250101000000_tables.exs": TABLES, "20250102000000_cron.exs": CRON},
    )
    found = diagnose_migrations(folder)
    named = {(f.jobname, f.check) for f in found.findings}
    assert named == {
        ("reindex", "schedule-differs-from-name"),
        ("once-seed", "missing-relation"),
        ("once-seed", "schedule-differs-from-name"),
        ("tidy", "transaction-block"),
        ("old-jobs", "missing-column"),
        ("both", "transaction-block"),
        (None, "syntax-error"),
        (None, "missing-column"),
    }
    by_check = {(f.jobname, f.check): f for f in found.findings}
    wrong = by_check[None, "missing-column"]
    assert "job_name" in wrong.message
    assert wrong.fix.endswith("SELECT cron.unschedule(jobname) FROM cron.job WHERE jobname IN ('reindex');")
    lines = CRON.splitlines()
    for finding in found.findings:
        assert finding.file == "20250102000000_cron.exs"
        assert finding.line is not None
        assert "execute" in lines[finding.line - 1] or "cron.schedule" in lines[finding.line - 1]
    assert [(s.jobname, s.reason) for s in found.suppressed] == [("kept", "manual")]


def test_sql_migrations(tmp_path: Path) -> None:
    found = diagnose_migrations(put(tmp_path, **{"001_log.sql": SQL}))
    assert {(f.jobname, f.check, f.line) for f in found.findings} == {
        ("refresh-busy", "concurrent-refresh", 5),
        ("refresh-busy", "schedule-differs-from-name", 5),
        ("sweep", "missing-routine", 7),
        (None, "missing-column", 10),
    }
    assert found.checked == 3


def test_an_unclosed_quote(tmp_path: Path) -> None:
    found = diagnose_migrations(
        put(tmp_path, **{"1.sql": "SELECT 1;\nSELECT cron.schedule('a', '0 1 * * *, 'SELECT 1');\n"})
    )
    (finding,) = found.findings
    assert finding.check == "syntax-error"
    assert finding.line == 2


def test_what_was_not_read_is_no_error(tmp_path: Path) -> None:
    """A table that a migration which cannot be read may make: said, and not reported as missing."""
    cron = "SELECT cron.schedule('prune', '7 2 * * *', 'DELETE FROM artifacts');"
    folder = put(
        tmp_path / "a" / "b", **{"1_x.exs": "defmodule X do\n  create table(:artifacts\nend\n", "2_c.sql": cron}
    )
    put(folder, **{"0_t.sql": "CREATE TABLE t (id int);"})
    found = diagnose_migrations(folder)
    assert found.findings == ()
    assert any("artifacts" in note for note in found.notes)


def test_no_table_at_all_judges_no_names(tmp_path: Path) -> None:
    found = diagnose_migrations(
        put(tmp_path, **{"1.sql": "SELECT cron.schedule('prune', '7 2 * * *', 'DELETE FROM artifacts');"})
    )
    assert found.findings == ()
    assert any("no migration here creates a table" in note for note in found.notes)


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = put(tmp_path / "m", **{"1.sql": SQL})
    assert main(["doctor", "--migrations", str(folder), "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["findings"]) == 4
    assert main(["doctor", "--migrations", str(folder), "--format", "github"]) == 1
    assert "::error file=1.sql,line=5,title=" in capsys.readouterr().out
    assert main(["doctor", "--migrations", str(tmp_path / "none")]) == 2
    assert main(["doctor", "--migrations", str(folder), "--service", "x"]) == 2
