"""What a planned job depends on: which changes make it worth running, or why that cannot be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from cronlift import resources
from cronlift.generate.quoting import Name, text_of
from cronlift.model.plan import PlannedJob, Target
from cronlift.postgres.server import Connection
from cronlift.proof.expression import column_names
from cronlift.proof.reach import Reach, Walker
from cronlift.proof.scopes import Query, queries
from cronlift.proof.tables import Table, Tables
from cronlift.realtime.condition import without_clock
from cronlift.realtime.due import NotDerivableError, asks_clock, due
from cronlift.sql.facts import walk
from cronlift.sql.rewrite import replace_parameters

_WRITING = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "TruncateStmt", "CreateTableAsStmt")
_CHANCE = {"random", "gen_random_uuid", "uuid_generate_v4", "nextval", "random_normal", "uuidv4", "uuidv7"}


@dataclass(frozen=True)
class Source:
    """A table whose changes count; ``columns`` those an update must touch (none named: any). ``logged``: its changes
    are in the write-ahead log (those of an UNLOGGED table are not)."""

    schema: str
    table: str
    columns: tuple[str, ...]
    logged: bool

    @property
    def name(self) -> str:
        """As SQL."""
        return text_of(Name(self.schema, self.table))


@dataclass(frozen=True)
class Dependence:
    """``refresh``: a view that is out of date from the first change on. ``cleanup``: rows of one table that become due
    at ``due`` (SQL over the table's columns; '' : as soon as they are there), if they meet ``condition`` ('': all do).
    ``what`` is the view or the table."""

    kind: Literal["refresh", "cleanup"]
    what: str
    sources: tuple[Source, ...]
    due: str = ""
    condition: str = ""


def dependence(connection: Connection, target: Target, job: PlannedJob) -> Dependence:
    """What the job depends on. Reads catalogs only. Raises NotDerivableError, with the reason in words."""
    if job.commits:
        raise NotDerivableError(
            "it ends transactions between its statements: after a crash in the middle nobody would know what is left"
        )
    if job.procedure is None:
        raise NotDerivableError("its command stands alone in the cron entry and cannot be called with a condition")
    if job.schedule.guard:
        raise NotDerivableError("it may only run at the instants its guard allows, so a change must not start it")
    tables = Tables(connection, target.search_path)
    ours: set[object] = {
        ("function", oid) for (oid,) in connection.execute(resources.sql("realtime/own_functions")).fetchall()
    }
    walker = Walker(connection, target.search_path, tables, _seen=ours)  # what a proposal put there is not the job's
    for step in job.steps:
        walker.statement(
            replace_parameters(step.sql, {p.position: p.sql for p in step.parameters}), f"{step.file}:{step.line}"
        )
    reach = walker.reach
    unclear = [*reach.outside, *reach.unread]
    if unclear:
        raise NotDerivableError(f"not everything it does can be followed: {unclear[0]}")
    writing = [node for _, statement in reach.statements for kind, node in walk(statement) if kind in _WRITING]
    if reach.refreshed and not writing:
        return _refresh(connection, reach)
    if reach.refreshed:
        raise NotDerivableError("it refreshes a view and writes rows: two things with two reasons to run")
    return _cleanup(connection, reach, tables, writing)


def _refresh(connection: Connection, reach: Reach) -> Dependence:
    if len(reach.refreshed) > 1:
        raise NotDerivableError("it refreshes several views")
    (view,) = reach.refreshed.values()
    if any(asks_clock(statement) for _, statement in reach.statements):
        raise NotDerivableError(
            f"the query of {view.name} asks the clock: it gives something else as time passes, without any change"
        )
    chance = sorted({name for _, statement in reach.statements for name in _calls(statement) if name in _CHANCE})
    if chance:
        raise NotDerivableError(f"the query of {view.name} calls {chance[0]}(): it gives something else each time")
    below = _directly(connection, view.oid)
    sources = [_source(row) for row in below]
    if not sources:
        raise NotDerivableError(f"{view.name} reads no table")
    hidden = sorted(t.name for oid, t in reach.read.items() if oid not in {int(str(row[0])) for row in below})
    if hidden:
        raise NotDerivableError(f"{view.name} reads {hidden[0]} inside of a function: nobody can say which columns")
    return Dependence("refresh", view.name, tuple(sources))


def _directly(connection: Connection, oid: int) -> list[tuple[object, ...]]:
    """The tables below a view, through views (not through materialized ones, which change by a refresh alone)."""
    out: dict[int, tuple[object, ...]] = {}
    for row in connection.execute(resources.sql("realtime/view_columns"), {"oid": oid}).fetchall():
        number, kind = int(str(row[0])), str(row[3])
        if kind == "v":
            out |= {int(str(inner[0])): inner for inner in _directly(connection, number)}
        elif number in out:
            known, more = out[number], row
            columns = sorted({*_texts(known[6]), *_texts(more[6])})
            out[number] = (*known[:6], columns)
        else:
            out[number] = row
    return list(out.values())


def _calls(statement: dict[str, Any]) -> list[str]:
    return [node["funcname"][-1]["String"]["sval"] for kind, node in walk(statement) if kind == "FuncCall"]


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value]


def _source(row: tuple[object, ...]) -> Source:
    _, schema, table, kind, persistence, inherits, columns = row
    name = text_of(Name(str(schema), str(table)))
    if kind == "m":
        raise NotDerivableError(f"it reads {name}, a materialized view: that changes by its own refresh, not by a row")
    if kind != "r" or inherits:
        raise NotDerivableError(
            f"{name} is partitioned, inherited or foreign: a change of a part does not call the triggers of the whole"
        )
    return Source(str(schema), str(table), tuple(_texts(columns)), persistence == "p")


def _cleanup(connection: Connection, reach: Reach, tables: Tables, writing: list[dict[str, Any]]) -> Dependence:
    deletes = [node for _, statement in reach.statements for kind, node in walk(statement) if kind == "DeleteStmt"]
    if len(writing) != 1 or len(deletes) != 1:
        raise NotDerivableError("it is neither the refresh of one view nor one DELETE")
    written = list(reach.written.values())
    if len(written) != 1:
        raise NotDerivableError(f"its DELETE reaches further tables: {', '.join(sorted(t.name for t in written))}")
    (table,) = written
    others = sorted(t.name for t in reach.read.values() if t.oid != table.oid)
    if others:
        raise NotDerivableError(f"which rows it deletes hangs on other tables as well: {', '.join(others)}")
    query = _query(deletes[0], table, tables)
    when, condition = due(query, "r."), without_clock(query, "r.")
    row = connection.execute(resources.sql("realtime/table"), {"oid": table.oid}).fetchone()
    assert row is not None
    columns = sorted({name[-1] for condition in query.conditions for name in column_names(condition)})
    return Dependence("cleanup", table.name, (_source((*row[:6], columns)),), when or "", condition)


def _query(delete: dict[str, Any], table: Table, tables: Tables) -> Query:
    (query, *inner) = queries({"DeleteStmt": delete}, tables)
    if inner:
        raise NotDerivableError("its DELETE has a subquery")
    if not query.conditions:
        raise NotDerivableError(f"it empties {table.name}: every row is due as soon as it is there")
    return query
