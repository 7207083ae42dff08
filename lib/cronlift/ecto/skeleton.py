"""A database's shape as the application's migrations leave it, written as DDL of our own: types, tables, functions.

Nothing of the application's SQL is run. What is not known gets a stand-in, which is said: a column whose type no
migration tells is text, and so is a type of an extension.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cronlift.ecto.fragments import quoted
from cronlift.ecto.refusals import NoSqlError
from cronlift.ecto.tables import Table, Tables

_WORD = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)
# Types of pg_catalog under the names migrations and PostgreSQL's parser give them (manual, table 8.1).
_BUILT_IN = frozenset(
    ["bigint", "bigserial", "bit", "bool", "boolean", "box", "bpchar", "bytea", "char", "character", "cidr", "circle",
     "date", "daterange", "decimal", "double precision", "float", "float4", "float8", "inet", "int", "int2", "int4",
     "int4range", "int8", "int8range", "integer", "interval", "json", "jsonb", "jsonpath", "line", "lseg", "macaddr",
     "money", "name", "numeric", "numrange", "oid", "path", "pg_lsn", "point", "polygon", "real", "record", "regclass",
     "serial", "smallint", "smallserial", "text", "time", "timestamp", "timestamptz", "timetz", "tsquery", "tsrange",
     "tstzrange", "tsvector", "txid_snapshot", "uuid", "varbit", "varchar", "void", "xml"]
)  # fmt: skip


@dataclass(slots=True)
class Skeleton:
    """``statements`` in order; ``stand_ins`` say what is not as it would be, by the name they stand for."""

    schemas: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    stand_ins: dict[str, str] = field(default_factory=dict)


def skeleton(tables: Tables) -> Skeleton:
    """The DDL for everything that is known of ``tables``."""
    made = Skeleton()
    made.schemas = sorted({"public", *(prefix for prefix, _ in tables.known())})
    for name, labels in sorted(tables.enums.items()):
        listed = ", ".join("'" + label.replace("'", "''") + "'" for label in labels)
        made.statements.append(f"CREATE TYPE {quoted(name)} AS ENUM ({listed})")
    columns = [c.type for _, t in tables.known() for c in t.columns.values() if c.type is not None]
    functions = {n: s for n, s in tables.functions.items() if not s.endswith((" trigger", " event_trigger"))}
    used = {_base(t) for t in columns} | {_base(t) for s in functions.values() for t in _signature(s)}
    for name in sorted(used - _BUILT_IN - set(tables.enums)):
        if name:
            made.statements.append(f"CREATE DOMAIN {quoted(name)} AS text")
            made.stand_ins[name] = f"{name} is a type no migration makes: text stands in for it"
    known = _BUILT_IN | set(tables.enums)
    for prefix, table in tables.known():
        made.statements.append(_table(prefix, table, known, made))
    for name, signature in sorted(functions.items()):
        made.statements.append(_function(name, signature, known))
    return made


def _table(prefix: str, table: Table, known: frozenset[str] | set[str], made: Skeleton) -> str:
    if table.unsure:
        made.stand_ins[table.name] = f"not every change of {table.name} is read"
    shown = []
    for name, column in table.columns.items():
        if column.type is None:
            made.stand_ins[f"{table.name}.{name}"] = f"the type of {table.name}.{name} is not known: text stands in"
        try:
            shown.append(f"{quoted(name)} {_type(column.type, known)}")
        except NoSqlError:
            made.stand_ins[table.name] = f"{table.name} has a column whose name is not followed"
    primary = [n for n, c in table.columns.items() if c.primary]
    shown += [f"PRIMARY KEY ({', '.join(map(quoted, primary))})"] if primary else []
    for key in sorted(map(sorted, table.keys)):
        shown += [f"UNIQUE ({', '.join(map(quoted, key))})"] if set(key) <= set(table.columns) else []
    return f"CREATE TABLE {quoted(prefix)}.{quoted(table.name)} ({', '.join(shown)})"


def _type(text: str | None, known: frozenset[str] | set[str]) -> str:
    if text is None:
        return "text"
    base = _base(text)
    if base in _BUILT_IN:
        return text
    return quoted(base) + "[]" * text.count("[]") if base or base in known else "text"


def _base(text: str) -> str:
    """A type without its modifier, brackets and schema."""
    plain = text.partition("(")[0].replace("[]", "").strip().lower()
    plain = plain.removesuffix(" without time zone").removesuffix(" with time zone")
    if plain in _BUILT_IN:
        return plain
    last = plain.rpartition(".")[2]
    return last if _WORD.fullmatch(last) else ""


def _signature(text: str) -> list[str]:
    """The argument types and the result type of ``(a, b) r``."""
    arguments, _, result = text.removeprefix("(").rpartition(") ")
    return [*(a.strip() for a in arguments.split(",") if a.strip()), result]


def _function(name: str, signature: str, known: frozenset[str] | set[str]) -> str:
    *arguments, result = [_type(t, known) for t in _signature(signature)]
    body = "BEGIN END" if result == "void" else "BEGIN RETURN NULL; END"
    takes = ", ".join(arguments)
    return f"CREATE FUNCTION {quoted(name)}({takes}) RETURNS {result} LANGUAGE plpgsql AS '{body}'"
