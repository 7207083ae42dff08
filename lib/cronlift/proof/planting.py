"""Planting rows where they decide: on the boundaries of the comparisons.

Every wanted row is tried in two ways, since each can do what the other cannot: as a copy of an existing row (with
fresh values in its unique keys), and by moving an existing row there (which keeps what refers to it). A way that the
table's constraints refuse is undone; a boundary where neither works is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import psycopg
from psycopg import sql

from cronlift.generate.quoting import Verbatim
from cronlift.model.verification import Planting
from cronlift.postgres.server import Connection
from cronlift.proof.changes import Mark
from cronlift.proof.comparisons import Wanted, wanted_rows
from cronlift.proof.reach import Reach
from cronlift.proof.session import undone
from cronlift.proof.tables import Column, Table, Tables

MOST = 120
"""Rows planted for one job; what is beyond is named."""

Place = tuple[str, int, str]  # table, tableoid, ctid

# Rows with this xmin or a later one are this transaction's (a frozen row that looks younger is left alone: harmless).
_OURS = "(pg_catalog.pg_current_xact_id()::text::bigint & 4294967295)"


@dataclass
class Planted:
    """``places``: where the rows are, with their labels; ``lines``: what was planted and what could not be."""

    places: list[tuple[Place, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    plantings: tuple[Planting, ...] = ()

    @property
    def count(self) -> int:
        return len(self.places)


def wanted(reach: Reach, tables: Tables) -> tuple[list[Wanted], list[str]]:
    """The rows that all reached comparisons ask for, each once, and the comparisons that ask in vain."""
    rows: dict[tuple[int, tuple[tuple[str, str], ...]], Wanted] = {}
    vain: dict[str, None] = {}
    for where, statement in reach.statements:
        found = wanted_rows(statement, tables)
        for row in found.wanted:
            key = (row.table.oid, tuple(sorted(row.values.items())))
            known = rows.get(key)
            rows[key] = replace(row, stands=tuple(dict.fromkeys((*known.stands, *row.stands)))) if known else row
        for text in found.not_written:
            vain[f"{where}: {text}"] = None
    # A view that is refreshed from a table without any condition shows the refresh only if a row is new.
    for view in reach.refreshed.values():
        for table in _bases(view):
            rows.setdefault((table.oid, ()), Wanted(table, {}, ((f"what {view.name} shows", "a row that is new"),)))
    return list(rows.values()), list(vain)


def plant(connection: Connection, rows: Sequence[Wanted], *, extremes: bool = True) -> Planted:
    """Plant the rows; the caller has set the app's search_path and time zone. ``extremes``: infinities too."""
    planted = Planted()
    done: dict[tuple[str, str], list[str]] = {}
    moved: dict[int, int] = {}
    for number, row in enumerate(rows):
        if not extremes and row.extreme:
            continue
        if planted.count >= MOST:
            planted.failed.append(f"{row.table.name}: {row.label}: more than {MOST} rows were not planted")
            continue
        problems = []
        for way in (_copy, _move):
            if way is _move and not row.values:
                continue
            try:
                with connection.transaction():
                    place = way(connection, row, number, moved)
                    if place is not None:
                        with undone(connection, "constraints"):
                            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except psycopg.errors.SyntaxError:
                raise  # no table refuses that: what was put together here is wrong
            except psycopg.Error as error:
                problems.append((error.diag.message_primary or type(error).__name__).splitlines()[0])
                continue
            if place is None:
                problems.append("there is no row to start from")
                continue
            planted.places.append((place, row.label))
            for boundary, where in row.stands:
                labels = done.setdefault((row.table.name, boundary), [])
                if where not in labels:
                    labels.append(where)
        if len(problems) == (2 if row.values else 1):
            planted.failed.append(f"could not plant {row.table.name} {row.label}: {problems[0]}")
    for (table, boundary), labels in done.items():
        planted.lines.append(f"planted in {table} for {boundary}: {', '.join(labels)}")
        planted.plantings += (Planting(relation=table, comparison=boundary, stands=tuple(labels)),)
    planted.lines += planted.failed
    return planted


def disturb(connection: Connection, table: Table, since: Mark) -> int:
    """Change what a first run wrote (at most 8 rows that are newer than ``since``) in columns that are no key.

    A second run then shows whether existing rows are left alone. Returns how many columns could be changed.
    """
    query = sql.SQL("SELECT tableoid::bigint, ctid::text FROM {} AS x WHERE {} LIMIT 8").format(table.sql, since.newer)
    places = connection.execute(query).fetchall()
    keys = {name for key in table.unique for name in key}
    changed = 0
    for column in table.columns:
        change = _changed(column)
        if change is None or column.name in keys or column.generated or column.references:
            continue
        statement = sql.SQL(
            "UPDATE {table} SET {column} = {change} WHERE tableoid = %s AND ctid = %s::tid "
            "RETURNING tableoid::bigint, ctid::text"
        ).format(table=table.sql, column=sql.Identifier(column.name), change=_sql(change.format(column.sql)))
        try:
            with connection.transaction():
                moved = [connection.execute(statement, place).fetchone() for place in places]
        except psycopg.Error:
            continue  # a check or a trigger refuses this value; another column will do
        changed += any(moved)
        places = [new or old for new, old in zip(moved, places, strict=True)]
    return changed


def _copy(connection: Connection, row: Wanted, number: int, _: dict[int, int]) -> Place | None:
    table = row.table
    template = connection.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(table.sql)).fetchone() is not None
    fresh = _fresh(table, row.values, number)
    columns, values = [], []
    for column in table.columns:
        if column.name in row.values:
            value = row.values[column.name]
        elif column.name in fresh:
            value = fresh[column.name]
        elif column.generated or column.identity:
            continue
        elif template:
            value = column.sql
        elif column.references:
            value = f"(SELECT {column.references[1]} FROM {column.references[0]} LIMIT 1)"  # noqa: S608 - quoted names
        elif column.has_default or not column.not_null:
            continue
        else:
            value = _some(column)
        if value == "DEFAULT":
            continue
        columns.append(column.name)
        values.append(value)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    start = sql.SQL(" FROM {} LIMIT 1").format(table.sql) if template else sql.SQL("")
    statement = sql.SQL(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {}{} RETURNING tableoid, ctid::text"
    ).format(table.sql, names, sql.SQL(", ").join(map(_sql, values)), start)
    return _place(connection, statement, table)


def _move(connection: Connection, row: Wanted, _: int, moved: dict[int, int]) -> Place | None:
    table = row.table
    skip = moved.get(table.oid, 0)
    counted = connection.execute(
        sql.SQL("SELECT pg_catalog.count(*) FROM (SELECT FROM {} LIMIT 1000) AS first").format(table.sql)
    ).fetchone()
    total = int(str(counted[0])) if counted else 0
    if skip >= total // 2:
        return None  # the other half of a small table stays as it is
    # Rows of two tables that belong together often lie at the same place: moving both would hide what either shows.
    others = sum(moved.values()) - skip
    offset = others if others < total - skip else 0
    moved[table.oid] = skip + 1
    changes = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), _sql(value)) for name, value in row.values.items()
    )
    statement = sql.SQL(
        "UPDATE {table} SET {changes} WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM {table} "
        "WHERE xmin::text::bigint < {ours} LIMIT 1 OFFSET {offset}) "
        "RETURNING tableoid, ctid::text"
    ).format(table=table.sql, changes=changes, ours=sql.SQL(_OURS), offset=sql.Literal(offset))
    return _place(connection, statement, table)


def _place(connection: Connection, statement: sql.Composed, table: Table) -> Place | None:
    found = connection.execute(statement).fetchone()
    return None if found is None else (table.name, int(str(found[0])), str(found[1]))


def _fresh(table: Table, given: dict[str, str], number: int) -> dict[str, str]:
    """A new value for one column of each unique key that has none yet."""
    fresh: dict[str, str] = {}
    for key in table.unique:
        columns = [c for c in map(table.column, key) if c is not None]
        if any(c.name in fresh or c.identity or c.generated for c in columns):
            continue
        free = [c for c in columns if c.name not in given]
        free.sort(key=lambda c: (c.references is not None, not c.has_default))
        for column in free:
            value = _new_value(table, column, number)
            if value is not None:
                fresh[column.name] = value
                break
    return fresh


def _new_value(table: Table, column: Column, number: int) -> str | None:
    name = table.sql.as_string()
    if column.references:
        other, key = column.references
        taken = f"SELECT FROM {name} AS o WHERE o.{column.sql} = r.{key}"
        return f"(SELECT r.{key} FROM {other} AS r WHERE NOT EXISTS ({taken}) LIMIT 1)"  # noqa: S608
    if column.has_default and column.category in ("N", "U"):
        return "DEFAULT"
    if column.category == "N":
        return f"(SELECT coalesce(max({column.sql}), 0) + 1 FROM {name})"  # noqa: S608 - quoted names
    if column.category == "S":
        return f"'cronlift-{number}'"
    if column.base == "uuid":
        return "gen_random_uuid()"
    if column.category == "D" and column.base in ("timestamptz", "timestamp", "date"):
        return f"CAST(timestamp '1999-01-01' + {number} * interval '1 day' AS {column.type})"
    return None


def _some(column: Column) -> str:
    """Any value, for a column that must have one in a table without rows."""
    if column.enum is not None:
        return f"CAST({column.enum} AS {column.type})"
    text = {
        "N": "'0'", "S": "'cronlift'", "B": "'false'", "D": "now()::text", "T": "'0'", "A": "'{}'",
        "I": "'127.0.0.1'",
    }.get(column.category)  # fmt: skip
    text = text or {"uuid": "gen_random_uuid()::text", "bytea": "''"}.get(column.base, "'{}'")
    return f"CAST({text} AS {column.type})"


def _changed(column: Column) -> str | None:
    if column.base in ("timestamptz", "timestamp"):
        return "coalesce({0}, now()) - interval '3 days'"
    if column.base == "date":
        return "coalesce({0}, current_date) - 3"
    if column.category == "N":
        return "coalesce({0}, 0) + 1"
    if column.base in ("text", "varchar", "citext"):
        return "coalesce({0}, '') || '~'"
    if column.category == "B":
        return "NOT coalesce({0}, false)"
    if column.base in ("jsonb", "json"):
        return "'\"cronlift\"'"
    return None


def _bases(view: Table) -> list[Table]:
    return list({table.oid: table for _, table, _ in view.origins}.values())


def _sql(text: str) -> sql.Composable:
    # Built from quoted names and from expressions of the job's own statements.
    return Verbatim(text)
