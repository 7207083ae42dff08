"""Tables and columns as three texts say them: Ecto schemas, Ecto migrations, plain SQL.

Readers of this one application's style, strict: a line that is not understood is an error, so that no column can
be overlooked. Types are PostgreSQL's names; where only Ecto's schema speaks, the names it may stand for.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Ecto's migration types as the PostgreSQL adapter writes them (ecto_sql, Ecto.Migration "Field Types").
_MIGRATION = {
    ":bigint": "bigint",
    ":date": "date",
    ":float": "double precision",
    ":integer": "integer",
    ":map": "jsonb",
    ":string": "character varying(255)",
    ":text": "text",
    ":utc_datetime": "timestamp(0) without time zone",
    "{:array, :float}": "double precision[]",
    "{:array, :string}": "character varying(255)[]",
}
# What a schema's field may be in the database (Ecto.Schema "Types and casting").
_SCHEMA = {
    ":date": {"date"},
    ":float": {"double precision"},
    ":integer": {"integer", "bigint"},
    ":map": {"jsonb"},
    ":string": {"character varying(255)", "text"},
    ":utc_datetime": {"timestamp(0) without time zone"},
    ":utc_datetime_usec": {"timestamp with time zone"},
    "{:array, :float}": {"double precision[]"},
    "{:array, :string}": {"character varying(255)[]"},
}
_SQL = {
    "bigint": "bigint",
    "bigserial": "bigint",
    "date": "date",
    "float": "double precision",
    "float[]": "double precision[]",
    "integer": "integer",
    "jsonb": "jsonb",
    "jsonb[]": "jsonb[]",
    "oban_job_state": "oban_job_state",
    "text": "text",
    "text[]": "text[]",
    "timestamp": "timestamp without time zone",
    "timestamp(0)": "timestamp(0) without time zone",
    "timestamptz": "timestamp with time zone",
    "varchar(255)": "character varying(255)",
    "varchar(255)[]": "character varying(255)[]",
}


_CREATED = re.compile(
    r'^    create table\(:(\w+)\) do\n(.*?)^    end$|execute\("{3}\n(.*?)"{3}\)',
    re.S | re.M,
)
_COLUMN = re.compile(
    r"(\w+) ([\w()\[\]]+)((?: NOT NULL| PRIMARY KEY)*)"
    r"(?: DEFAULT (?:'[^']*'|[\d.]+|now\(\)|timezone\('UTC', now\(\)\)|ARRAY\[\]::\w+\[\]))?"
)


@dataclass(frozen=True)
class Column:
    """``types``: what it may be (one, but for a schema's field); ``nullable`` None: the text does not say."""

    types: frozenset[str]
    nullable: bool | None


Tables = dict[str, dict[str, Column]]


def _column(types: str | set[str], nullable: bool | None) -> Column:
    return Column(frozenset({types} if isinstance(types, str) else types), nullable)


def schemas(app: Path) -> Tables:
    """Every ``schema "…" do`` below lib/."""
    tables: Tables = {}
    for file in sorted((app / "lib").rglob("*.ex")):
        text = file.read_text()
        for name, body in re.findall(r'^  schema "(\w+)" do\n(.*?)^  end$', text, re.S | re.M):
            assert name not in tables, f"{name} has two schemas"
            columns = _primary_key(text)
            for line in _lines(body):
                columns.update(_schema_line(line))
            tables[name] = columns
    return tables


def _primary_key(text: str) -> dict[str, Column]:
    if "@primary_key false" in text:
        return {}
    own = re.search(r"@primary_key \{:(\w+), (:\w+), autogenerate: false\}", text)
    if own:
        return {own[1]: _column(_SCHEMA[own[2]], False)}
    assert "@primary_key" not in text
    return {"id": _column("bigint", False)}


def _schema_line(line: str) -> dict[str, Column]:
    field = re.fullmatch(r"field :(\w+), (:\w+|\{:array, :\w+\})(?:, default: .+)?", line)
    if field:
        return {field[1]: _column(_SCHEMA[field[2]], None)}
    return _timestamps(line, None)


def _timestamps(line: str, nullable: bool | None) -> dict[str, Column]:
    stamps = re.fullmatch(r"timestamps\(type: :utc_datetime(, updated_at: false)?\)", line)
    assert stamps, f"not understood: {line}"
    names = ("inserted_at",) if stamps[1] else ("inserted_at", "updated_at")
    return {n: _column(_MIGRATION[":utc_datetime"], nullable) for n in names}


def migrations(app: Path) -> Tables:
    """What the migrations create, in their order: Ecto's ``create table`` and the SQL they execute. Oban's own
    tables are not written out in them (``Oban.Migration.up``)."""
    tables: Tables = {}
    for file in sorted((app / "priv/repo/migrations").glob("*.exs")):
        text = file.read_text()
        before = len(tables)
        for name, body, raw in re.findall(_CREATED, text):
            if raw:
                tables |= _created(textwrap.dedent(raw) + ";", tables)
                continue
            columns = {"id": _column("bigint", False)}
            for line in _lines(body):
                columns.update(_migration_line(line))
            tables[name] = columns
        said = re.findall(r"\bcreate table\b|\bCREATE (?:UNLOGGED TABLE|TABLE|MATERIALIZED VIEW)\b", text)
        assert len(tables) - before == len(said), f"not understood: {file.name}"
    return tables


def _migration_line(line: str) -> dict[str, Column]:
    added = re.fullmatch(
        r"add :(\w+), (:\w+|\{:array, :\w+\})((?:, (?:null: false|default: [\d.]+|default: \[\]))*)", line
    )
    if added:
        return {added[1]: _column(_MIGRATION[added[2]], "null: false" not in added[3])}
    return _timestamps(line, False)


def plain_sql(app: Path) -> Tables:
    """What db/schema.sql creates."""
    return _created((app / "db/schema.sql").read_text(), {})


def _created(sql: str, known: Tables) -> Tables:
    tables: Tables = {}
    for name, body in re.findall(r"^CREATE (?:UNLOGGED )?TABLE (\w+) \(\n(.*?)^\)", sql, re.S | re.M):
        tables[name] = {}
        for line in _lines(body):
            line = line.removesuffix(",")
            if line.startswith("CONSTRAINT "):
                continue
            column = re.fullmatch(_COLUMN, line)
            assert column, f"not understood: {line}"
            fixed = "NOT NULL" in column[3] or "PRIMARY KEY" in column[3]
            tables[name][column[1]] = _column(_SQL[column[2]], not fixed)
    view = r"^CREATE MATERIALIZED VIEW (\w+) AS\nSELECT\n(.*?)^FROM (\w+)\n"
    for name, body, source in re.findall(view, sql, re.S | re.M):
        of = (known | tables)[source]
        # A view's columns have the types of its table's; none of them is declared NOT NULL.
        tables[name] = {c: Column(of[c].types, None) for c in (x.removesuffix(",") for x in _lines(body))}
    return tables


def _lines(body: str) -> Iterator[str]:
    return (line.strip() for line in body.splitlines() if line.strip())


def differences(one: Tables, other: Tables) -> list[str]:
    """Where two texts do not agree: tables, columns, types, and nullability where both say."""
    found = [f"{t}: only in one" for t in sorted(one.keys() ^ other.keys())]
    for table in sorted(one.keys() & other.keys()):
        a, b = one[table], other[table]
        found += [f"{table}.{c}: only in one" for c in sorted(a.keys() ^ b.keys())]
        for name in sorted(a.keys() & b.keys()):
            if not a[name].types & b[name].types:
                found.append(f"{table}.{name}: {_said(a[name])} and {_said(b[name])}")
            if None not in (a[name].nullable, b[name].nullable) and a[name].nullable != b[name].nullable:
                found.append(f"{table}.{name}: NOT NULL in one only")
    return found


def _said(column: Column) -> str:
    return " or ".join(sorted(column.types))
