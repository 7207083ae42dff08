"""Names and texts in SQL, judged by the server itself."""

import pgparse
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from cronlift.errors import UsageError
from cronlift.generate.quoting import (
    Body,
    Name,
    Text,
    comment,
    connect,
    dollar_quote,
    quote_ident,
    quote_literal,
    template,
    text_of,
)

HOSTILE = [
    "plain",
    "select",
    "row",
    "left",
    "found",
    "MixedCase",
    "größe",
    "a$b",
    "1st",
    'double"quote',
    "single'quote",
    "back\\slash",
    "$$ $job$ $",
    "line\nbreak",
    "'); DROP TABLE cart; --",
    "%s %(x)s {brace}",
    "\u202eright-to-left",
    "é" * 31,
    "x" * 200,
]


@pytest.fixture
def connection(app_database):
    with app_database.admin() as connection:
        yield connection


def test_every_keyword_is_quoted_as_the_server_quotes_it(connection):
    rows = connection.execute("SELECT word, quote_ident(word) FROM pg_get_keywords()").fetchall()
    ours = {word: quote_ident(word) for word, _ in rows}
    # A word that only a newer grammar than the server's knows may be quoted too; never the other way round.
    assert {w: q for w, q in rows if ours[w] != q and ours[w] != f'"{w}"'} == {}
    assert [w for w, q in rows if q != w and ours[w] == w] == []
    assert ours["abort"] == "abort"


@pytest.mark.parametrize("name", HOSTILE)
def test_names(connection, name):
    assert quote_ident(name) == connection.execute("SELECT quote_ident(%s)", (name,)).fetchone()[0]
    cursor = connection.execute(sql.SQL("SELECT 1 AS {}").format(Name(name)))
    assert cursor.description[0].name == name.encode()[:63].decode(errors="ignore")


@pytest.mark.parametrize("strings", ["on", "off"])
@pytest.mark.parametrize("text", HOSTILE)
def test_texts(connection, text, strings):
    connection.execute("SELECT set_config('standard_conforming_strings', %s, false)", (strings,))
    connection.execute("SET escape_string_warning = off")
    row = connection.execute(sql.SQL("SELECT {}, {}").format(Text(text), Body(text, "x"))).fetchone()
    assert row == (text, text)


@given(st.text(alphabet="ab$j1 \n'", max_size=30))
def test_a_dollar_quote_ends_where_the_text_does(text):
    (statement,) = pgparse.parse(f"SELECT {dollar_quote(text, 'j')}, 1")
    constant, one = statement["stmt"]["SelectStmt"]["targetList"]
    assert constant["ResTarget"]["val"]["A_Const"].get("sval", {}).get("sval", "") == text
    assert "ival" in one["ResTarget"]["val"]["A_Const"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_any_text_parses_back(text):
    (statement,) = pgparse.parse(f"SELECT {quote_literal(text)} AS {quote_ident(text[:15])}")
    (target,) = statement["stmt"]["SelectStmt"]["targetList"]
    assert target["ResTarget"]["val"]["A_Const"]["sval"]["sval"] == text
    assert target["ResTarget"]["name"] == text[:15]


@pytest.mark.parametrize("bad", ["", "nul\0"])
def test_what_no_name_can_hold(bad):
    with pytest.raises(UsageError):
        quote_ident(bad)


def test_a_text_with_a_nul():
    with pytest.raises(UsageError):
        quote_literal("a\0b")


def test_a_comment_stays_on_its_line():
    assert comment("a\nDROP TABLE x;\r\u2028\x85") == "-- a\\nDROP TABLE x;\\r\\u2028\\x85"


@pytest.mark.parametrize(
    "name", ["Plain", "with space", "host=elsewhere", "q'u\"o\\te", "postgresql://elsewhere/x", "ü"]
)
def test_psql_connects_to_a_database_of_any_name(app_database, name):
    with app_database.admin() as connection:
        connection.autocommit = True
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            script = f"{connect(name)}\nSELECT current_database();\n"
            done = app_database.psql("-At", "-d", app_database.name, "-v", "ON_ERROR_STOP=1", text=script)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
    assert (done.stdout, done.stderr) == (f"{name}\n", "")


def test_a_database_name_with_a_line_break():
    with pytest.raises(UsageError):
        connect("a\nb")


def test_the_text_of_a_template_is_what_runs(connection):
    statement = template("generate/call", procedure=Name("pg_catalog", "Nö"))
    assert text_of(statement) == 'CALL pg_catalog."Nö"()'
    with pytest.raises(psycopg.errors.UndefinedFunction):
        connection.execute(statement)
