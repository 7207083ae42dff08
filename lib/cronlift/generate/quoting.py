"""The only place where a name or a text becomes part of SQL.

``Name``, ``Text`` and ``Body`` are psycopg composables, so that the statement that is executed and the one
that stands in ``up.sql`` come from one object. They differ from psycopg's own in one thing: names are quoted
as the server's ``quote_ident()`` does it, only where they must be, so that a person can read the files.
"""

from __future__ import annotations

import re
from functools import cache

import pgparse
from psycopg import sql
from psycopg.abc import AdaptContext

from cronlift import resources
from cronlift.errors import UsageError

MAX_NAME_BYTES = 63
"""NAMEDATALEN - 1: longer names are cut by the server (manual, 4.1.1 Identifiers and Key Words)."""

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


def quote_ident(name: str) -> str:
    """The name as SQL: bare where that is safe, else in double quotes.

    The rule is ``quote_identifier()`` of ruleutils.c (the function behind ``quote_ident()``): only ASCII lower
    case letters, digits and underscores, not starting with a digit, and no keyword but an unreserved one.
    Everything else (upper case, Unicode, ``$``) is quoted. Raises UsageError for names PostgreSQL cannot hold.
    """
    if not name or "\0" in name:
        raise UsageError(
            "a name in SQL may be neither empty nor hold a NUL", where=repr(name), do="choose another name"
        )
    if _PLAIN.fullmatch(name) and not _is_reserved(name):
        return name
    return '"' + name.replace('"', '""') + '"'


@cache
def _is_reserved(word: str) -> bool:
    """Whether the word is a keyword of any class but unreserved (manual, appendix C).

    Asked of PostgreSQL's own grammar: a table's name excludes the reserved words and those for functions and
    types, a function's name excludes the reserved words and those for columns.
    """
    try:
        pgparse.parse(f"DROP TABLE {word}; CREATE FUNCTION {word}() RETURNS void LANGUAGE sql AS ''")
    except pgparse.PGQueryError:
        return True
    return False


def quote_literal(text: str) -> str:
    """The text as a string constant, safe whatever ``standard_conforming_strings`` says (manual, 4.1.2.2)."""
    if "\0" in text:
        raise UsageError("a text in SQL cannot hold a NUL", where=repr(text[:40]), do="take the NUL out of it")
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def dollar_quote(text: str, tag: str) -> str:
    """The text between dollar quotes whose tag does not occur in it (manual, 4.1.2.4)."""
    number = 0
    while True:
        delimiter = f"${tag}{number or ''}$"
        # Sought with the closing delimiter in place: the text's own end may be the beginning of one.
        if (text + delimiter).index(delimiter) == len(text):
            return delimiter + text + delimiter
        number += 1


def comment(text: str) -> str:
    """The text as one comment line; whatever could end the line is made visible."""
    return "-- " + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def connect(database: str) -> str:
    r"""psql's ``\connect`` for a database of any name.

    The rule is pg_dump's (``appendPsqlMetaConnect`` in string_utils.c): a name that psql could take for a
    connection string travels inside one.
    """
    if re.search(r"[\r\n\0]", database):
        raise UsageError(
            "a database name with a line break cannot be written into a script",
            where=repr(database),
            do="rename the database",
        )
    if re.fullmatch(r"[A-Za-z0-9_.]+", database):
        # psql strips double quotes and does not fold case, so a plain name needs none.
        return rf"\connect {database}"
    value = database.replace("\\", "\\\\").replace("'", "\\'")
    return r"\connect -reuse-previous=on " + '"' + f"dbname='{value}'".replace('"', '""') + '"'


class _Composable(sql.Composable):
    """A composable that knows its text without asking a server."""

    def text(self) -> str:
        return str(self._obj)

    def as_bytes(self, context: AdaptContext | None = None) -> bytes:
        connection = context.connection if context else None
        return self.text().encode(connection.info.encoding if connection else "utf-8")


class Name(_Composable):
    """A name, with its schema's before it where two are given."""

    def __init__(self, *parts: str) -> None:
        super().__init__(".".join(map(quote_ident, parts)))


class Text(_Composable):
    """A string constant."""

    def __init__(self, text: str) -> None:
        super().__init__(quote_literal(text))


class Body(_Composable):
    """A dollar-quoted text."""

    def __init__(self, text: str, tag: str) -> None:
        super().__init__(dollar_quote(text, tag))


class Verbatim(_Composable):
    """SQL text that is not ours to quote: a statement of the application, a schedule's settings."""

    def __init__(self, text: str) -> None:
        super().__init__(text)


def template(file: str, /, **parts: sql.Composable) -> sql.Composed:
    """The statement of ``sql/<file>.sql`` with its placeholders filled; its leading comment stays behind."""
    lines = resources.sql(file).splitlines()
    while lines[0].startswith("--"):
        del lines[0]
    return sql.SQL("\n".join(lines).rstrip().removesuffix(";")).format(**parts)


def text_of(statement: sql.Composable) -> str:
    """The statement's text, as it stands in a file."""
    return statement.as_string(None)
