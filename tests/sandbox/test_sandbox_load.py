"""An application's structure in the sandbox: as its role's, marked disposable, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from cronlift.errors import ServerError, UsageError
from cronlift.postgres import disposable
from cronlift.sandbox import Sandbox
from cronlift.sandbox.load import load
from cronlift.sandbox.scripts import statements

STRUCTURE = r"""--
-- PostgreSQL database dump
--

\restrict kx1

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
COMMENT ON EXTENSION pg_trgm IS 'text similarity';
CREATE EXTENSION IF NOT EXISTS pg_cron WITH SCHEMA pg_catalog;

CREATE TYPE public.mood AS ENUM ('fine', 'it''s; bad');

CREATE TABLE public."Odd; name" (
    id bigint NOT NULL, -- not the end;
    mood public.mood DEFAULT 'fine'::public.mood,
    note text DEFAULT E'a\';b' /* nor; /* this; */ */
);
ALTER TABLE public."Odd; name" OWNER TO "Shop Owner";

CREATE FUNCTION public.f() RETURNS integer LANGUAGE plpgsql AS $_$
BEGIN
  RETURN (SELECT count(*) FROM public."Odd; name" WHERE note = $$;$$);
END $_$;
CREATE FUNCTION public.g(n integer) RETURNS integer LANGUAGE sql
BEGIN ATOMIC
  SELECT CASE WHEN n > 0 THEN 1 ELSE 2 END;
  SELECT 3;
END;
GRANT SELECT ON TABLE public."Odd; name" TO reader;

\unrestrict kx1
"""
DATA = """\
COPY public."Odd; name" (id, mood, note) FROM stdin;
1\tfine\tx;y
2\tit's; bad\t\\N
\\.

SELECT pg_catalog.set_config('search_path', 'public', false);
"""


@pytest.fixture
def files(tmp_path: Path, sandbox: Sandbox) -> Iterator[list[Path]]:
    (tmp_path / "structure.sql").write_text(STRUCTURE)
    (tmp_path / "data.sql").write_text(DATA)
    yield [tmp_path / "structure.sql", tmp_path / "data.sql"]
    with sandbox.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute("DROP DATABASE IF EXISTS loaded_one WITH (FORCE)")
        for role in ("Shop Owner", "reader"):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
    connection.close()


def databases(sandbox: Sandbox) -> set[str]:
    with sandbox.server("postgres").connect() as connection:
        found = {str(n) for (n,) in connection.execute("SELECT datname FROM pg_database")}
    connection.close()
    return found


def test_structure_and_rows_are_there_and_marked(sandbox: Sandbox, files: list[Path]) -> None:
    loaded = load(sandbox, files, "loaded_one")
    assert loaded.roles == ("Shop Owner", "reader")
    assert len(loaded.skipped) == 1
    assert "pg_cron lives in another database" in loaded.skipped[0]
    with sandbox.server("loaded_one", user="Shop Owner").connect() as connection:
        assert disposable.is_disposable(connection)
        rows = connection.execute('SELECT id, mood::text, note FROM public."Odd; name" ORDER BY 1').fetchall()
        assert rows == [(1, "fine", "x;y"), (2, "it's; bad", None)]
        assert connection.execute("SELECT public.f(), public.g(1)").fetchone() == (0, 3)
        owners = connection.execute(
            "SELECT DISTINCT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
            "AND proname IN ('f', 'g')"
        ).fetchall()
        assert owners == [('"Shop Owner"',)]
    connection.close()
    with pytest.raises(UsageError, match="has a database loaded_one already"):
        load(sandbox, files, "loaded_one")
    assert "loaded_one" in databases(sandbox)


def test_missing_extensions_are_all_named(sandbox: Sandbox, files: list[Path]) -> None:
    files[0].write_text(
        'CREATE EXTENSION IF NOT EXISTS vectors;\nCREATE EXTENSION "no-such";\nCREATE TABLE t (v vectors.vector);\n'
        "CREATE TABLE u (i integer);\n"
    )
    with pytest.raises(ServerError, match="does not have: vectors, no-such"):
        load(sandbox, files[:1], "loaded_one")
    assert "loaded_one" not in databases(sandbox)
    loaded = load(sandbox, files[:1], "loaded_one", skip_missing=True)
    assert [line.split(": ")[0].rsplit(":", 1)[1] for line in loaded.skipped] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("SELECT 1;\n\\! touch /tmp/owned\n", 2, "a psql command, which is not run"),
        ("SELECT 1;\n\nCREATE TABEL t ();\n", 3, "PostgreSQL refuses a statement: syntax error"),
        ("SELECT 1;\nSELECT 'never ends;\n", 2, "the last statement does not end"),
        ("CREATE TABLE t (i integer);\nCOPY t FROM stdin;\nx\n\\.\n", 2, "invalid input syntax"),
    ],
)
def test_a_mistake_is_named_by_its_place_and_nothing_stays(
    sandbox: Sandbox, files: list[Path], text: str, line: int, said: str
) -> None:
    files[0].write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        load(sandbox, files[:1], "loaded_one")
    assert caught.value.where == f"{files[0]}:{line}"
    assert "loaded_one" not in databases(sandbox)


def test_statements_end_where_they_end(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(STRUCTURE)
    found = list(statements(tmp_path / "a.sql"))
    assert [s.text.split("(")[0].split("\n")[-1][:24].strip() for s in found][:3] == [
        "SET statement_timeout =",
        "SELECT pg_catalog.set_co",
        "CREATE EXTENSION IF NOT",
    ]
    assert len(found) == 11
    assert [s.line for s in found][:2] == [7, 8]
