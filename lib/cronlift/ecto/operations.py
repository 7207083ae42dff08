"""What a repository sends for a query: statements as events of the run (ecto lib/ecto/repo.ex)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cronlift.ecto import expression as ex
from cronlift.ecto import inserts, rewrites, structs
from cronlift.ecto.changesets import ChangesetValue
from cronlift.ecto.database import Database, database_of
from cronlift.ecto.escape import Escaper
from cronlift.ecto.query import Condition, Limit, QueryValue, SubSource, to_query
from cronlift.ecto.query import From as FromClause
from cronlift.ecto.refusals import NoSqlError, NotKnownError, RaisesError
from cronlift.ecto.returned import rows_of
from cronlift.ecto.statement import Rendering, Statement
from cronlift.ecto.updates import runtime_update
from cronlift.elixir import branches
from cronlift.elixir.loops import NOT_ONE
from cronlift.elixir.modules import Module
from cronlift.elixir.rows import Rewrite, Row
from cronlift.elixir.syntax import Atom, Span
from cronlift.elixir.trace import Flow, Origin, Raised, SqlEvent, State, merge
from cronlift.elixir.values import (
    NIL,
    Known,
    TupleValue,
    Unknown,
    Value,
    atom,
    keyword_items,
)
from cronlift.sql.zones import zone_dependence

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

ROWS = Unknown("row data")
_HARMLESS = {"timeout", "log", "pool_timeout", "queue", "telemetry_event", "telemetry_options", "cache_statement",
             "stacktrace", "deadline", "mode", "skip_pool"}  # fmt: skip
_CHANGES = {"allow_stale", "returning"}
# How many arguments come before the options.
_BEFORE_OPTIONS = {
    "delete_all": 1, "update_all": 2, "insert_all": 2, "insert": 1, "insert!": 1, "all": 1, "one": 1, "one!": 1,
    "exists?": 1, "get": 2, "get!": 2, "get_by": 2, "get_by!": 2, "all_by": 2, "aggregate": 2,
    "stream": 1, "delete": 1, "delete!": 1, "update": 1, "update!": 1,
}  # fmt: skip
_STRUCTS = {"delete", "delete!", "update", "update!"}
_MANY = {"all", "all_by", "stream"}
_MAY_RAISE = {"one", "one!", "get!", "get_by", "get_by!"}
_INSERTS = {"returning", "on_conflict", "conflict_target", "placeholders", "prefix", "replace_changed"}


def handles(name: str, count: int) -> bool:
    """Whether a repository's function is one whose statement is written here."""
    before = _BEFORE_OPTIONS.get(name)
    return before is not None and before <= count <= before + (2 if name == "aggregate" else 1)


def writes(name: str) -> bool:
    """Whether a repository's function changes data."""
    return name.startswith(("insert", "update", "delete"))


def call(
    ev: Evaluator, repo: Module, name: str, args: tuple[Value, ...], state: State, scope: Scope, span: Span
) -> list[Flow]:
    """``Repo.name(args)``: the statement sent, or failed; alternatives one by one."""
    flows: list[Flow] = []
    for chosen in branches.split(args):
        try:
            flows += _one(ev, repo, name, chosen, state, scope, span)
        except NoSqlError as error:
            ev.problem(error.code, f"{repo.name}.{name}: {error.text}", span)
            if writes(name):
                ev.unwritten(span)
            flows.append((state, ROWS))
    return merge(flows)


def _one(
    ev: Evaluator, repo: Module, name: str, args: tuple[Value, ...], state: State, scope: Scope, span: Span
) -> list[Flow]:
    before = _BEFORE_OPTIONS[name]
    if name == "aggregate" and len(args) > 2 and isinstance(args[2], Known):
        before = 3
    options = keyword_items(args[before]) if len(args) > before else {}
    # A query's functions hand other options on to `prepare_query` and the driver, which know none of them (ecto
    # lib/ecto/repo/queryable.ex); a repository with such a callback of its own is a problem by itself.
    writing = _INSERTS if name.startswith("insert") else _CHANGES if name in _STRUCTS else None
    if options is None or (writing is not None and not set(options) <= _HARMLESS | writing):
        raise NotKnownError("the call has options whose meaning for the statement is not known", "query-options")
    database = database_of(ev.project)
    rendering = Rendering(database, database.tables(repo.name))
    place = f"{span.file}:{span.line}"
    if name == "insert_all":
        found = inserts.insert_all(rendering, args[0], args[1], options, place)
        if found is None:
            return [(state, TupleValue((Known(0), NIL)))]
        rows: Value = ROWS if found.returns else NIL
        source = to_query(args[1])
        origins = source.origins if source is not None else ()
        counted = TupleValue((_count(ev, span), rows))
        return sent(ev, repo, found, state, scope, span, counted, Raised("sql"), origins=origins)
    if name in ("insert", "insert!"):
        found = inserts.insert(rendering, args[0], options, place)
        struct: Value = ROWS
        success = struct if name == "insert!" else TupleValue((atom("ok"), struct))
        return sent(ev, repo, found, state, scope, span, success, Raised("sql"))
    if name in _STRUCTS:
        return _struct(ev, repo, rendering, name, args[0], options, state, scope, span)
    if name == "delete_all":
        query = _query(args[0], options)
        found = rendering.delete_all(query)
    elif name == "update_all":
        query = _query(args[0], options)
        query = runtime_update(query, args[1], Escaper({}, {}, query, place))
        found = rendering.update_all(query)
    else:
        if name == "stream" and scope.transaction is None:
            text = "a stream is read inside of a transaction only, and none is open where it is made"
            raise NotKnownError(text, "ecto-query")
        query = _read(database, name, args, options)
        found = rendering.select(query)
        rows = rows_of(rendering, query, found, repo.name, span) if name in _MANY else ROWS
        flows = sent(ev, repo, found, state, scope, span, rows, Raised("sql"), origins=query.origins)
        # No row, or more than one, is an exception of its own (ecto lib/ecto/repo/queryable.ex, one/3 and one!/3).
        return [*flows, (flows[0][0], Raised("Ecto.NoResultsError"))] if name in _MAY_RAISE else flows
    success = TupleValue((_count(ev, span), ROWS if found.returns else NIL))
    rewritten = _rewritten(ev, repo, rendering, name, query, scope, span)
    return sent(ev, repo, found, state, scope, span, success, Raised("sql"), rewritten, query.origins)


def _struct(
    ev: Evaluator,
    repo: Module,
    rendering: Rendering,
    name: str,
    value: Value,
    options: dict[str, Value],
    state: State,
    scope: Scope,
    span: Span,
) -> list[Flow]:
    """``Repo.delete`` and ``Repo.update``: one row by its primary key."""
    struct: Value = value.data if isinstance(value, ChangesetValue) else value
    success = struct if name.endswith("!") else TupleValue((atom("ok"), ROWS))
    operation = "delete_all" if name.startswith("delete") else "update_all"
    if operation == "delete_all":
        query: QueryValue | None = structs.deletion(rendering, value)
    else:
        query = structs.change(rendering, value, f"{span.file}:{span.line}")
    if query is None:
        return [(state, success)]
    found = rendering.delete_all(query) if operation == "delete_all" else rendering.update_all(query)
    rewritten = _rewritten(ev, repo, rendering, operation, query, scope, span)
    flows = sent(ev, repo, found, state, scope, span, success, Raised("sql"), rewritten)
    if isinstance(struct, Row) or options.get("allow_stale") == Known(True):
        return flows
    # No such row is an exception (ecto lib/ecto/repo/schema.ex, Ecto.StaleEntryError).
    return [*flows, (flows[0][0], Raised("Ecto.StaleEntryError"))]


def _rewritten(
    ev: Evaluator, repo: Module, rendering: Rendering, name: str, query: QueryValue, scope: Scope, span: Span
) -> Rewrite | None:
    """One statement for all rows that ``query`` depends on; None where it depends on none, or there is no such one."""
    try:
        read = rewrites.read_in(query)
        if read is None:
            return None
        if read.repo != repo.name:
            raise NotKnownError("the rows are read through another repository", "two-repositories")
        made, statement = rewrites.rewrite(rendering.database, rendering.tables, name, query, read)
    except NoSqlError as error:
        ev.problem(NOT_ONE, error.text, span)
        return None
    _check_zone(ev, repo, statement, span)
    return made


def sent(
    ev: Evaluator,
    repo: Module,
    statement: Statement,
    state: State,
    scope: Scope,
    span: Span,
    success: Value,
    failure: Value,
    rewritten: Rewrite | None = None,
    origins: tuple[Origin, ...] = (),
) -> list[Flow]:
    """The run after a statement: it went well, or it failed. ``rewritten``: one for all the rows it depends on;
    ``origins``: where its clauses were written."""
    _check_zone(ev, repo, statement, span)
    if scope.transaction_repo not in ("", repo.name):
        ev.problem("two-repositories", "the statement stands in a transaction of another repository", span)
    event = SqlEvent(
        statement.sql, statement.parameters, span, repo.name, True, scope.transaction, scope.loop,
        rewrite=rewritten, whole=rewritten is not None and not scope.loop,
        conditions=scope.conditions, path=scope.path, origins=origins,
    )  # fmt: skip
    if state.failed:
        ev.findings.after_failure.setdefault(span, event)
        return [(state, success), (state, failure)]
    ev.findings.sent.setdefault((span, event.sql, event.parameters), event)
    return [(state.send(event), success), (state.send(replace(event, ok=False)), failure)]


def _count(ev: Evaluator, span: Span) -> Value:
    """How many rows a statement changes, where that is being asked (elixir/batches.py)."""
    return ev.counts.get((span.file, span.start)) or ROWS


def _check_zone(ev: Evaluator, repo: Module, statement: Statement, span: Span) -> None:
    """What a statement means may depend on the session's time zone, above all SQL written by hand."""
    if "timezone" in ev.findings.session:
        return  # the procedure sets the app's own
    for doubt in statement.doubts:
        ev.question("session-time-zone", f"{repo.name}: {doubt}", span)
    if not statement.fragments:
        return
    database = database_of(ev.project)
    why = zone_dependence(statement.sql, partial(database.column_type, repo.name))
    if why:
        text = f"{why}: what the statement means depends on the session's time zone, the app's or pg_cron's"
        ev.question("session-time-zone", text, span)


def _query(value: Value, options: dict[str, Value]) -> QueryValue:
    query = to_query(value)
    if query is None:
        why = value.origin if isinstance(value, Unknown) else "not queryable"
        raise NotKnownError(f"the query is not known: it depends on {why}")
    prefix = options.get("prefix")
    if prefix is None:
        return query
    if not (isinstance(prefix, Known) and isinstance(prefix.value, str)):
        raise NotKnownError("the prefix is not known")
    # planner.ex, attach_prefix/2: a query with a prefix of its own keeps it.
    return query if query.prefix is not None else replace(query, prefix=prefix.value)


def _read(database: Database, name: str, args: tuple[Value, ...], options: dict[str, Value]) -> QueryValue:
    """The query behind a reading function (ecto lib/ecto/repo/queryable.ex)."""
    query = _query(args[0], options)
    match name:
        case "all" | "one" | "one!" | "stream":
            return query
        case "exists?":
            one = ex.TupleExpr((ex.Fragment(("1",)),))
            return replace(query, select=one, preloads=False, order_bys=(), limit=Limit(ex.Literal(Known(1))))
        case "get" | "get!":
            source = query.source.source
            schema = database.schemas.get(getattr(source, "schema", None) or "")
            if schema is None or len(schema.primary_key) != 1:
                raise NotKnownError("the primary key of what is read is not known")
            return _filtered(query, ((schema.primary_key[0].name, args[1]),))
        case "get_by" | "get_by!" | "all_by":
            pairs = keyword_items(args[1])
            if pairs is None:
                raise NotKnownError("what is read is not known")
            return _filtered(query, tuple(pairs.items()))
        case _:
            return _aggregate(query, args)


def _filtered(query: QueryValue, pairs: tuple[tuple[str, Value], ...]) -> QueryValue:
    for name, value in pairs:
        pin = ex.Pin(value, ex.FieldType(0, name), not_nil=True)
        condition = Condition("and", ex.Call("==", (ex.FieldExpr(0, name), pin)))
        query = replace(query, wheres=(*query.wheres, condition))
    return query


def _aggregate(query: QueryValue, args: tuple[Value, ...]) -> QueryValue:
    kind, name = _atom(args[1]), _atom(args[2]) if len(args) > 2 else ""
    if kind not in ("count", "sum", "avg", "min", "max"):
        raise RaisesError("aggregate takes count, sum, avg, min or max")
    argument = (ex.FieldExpr(0, name),) if name else ()
    if query.limit or query.offset or query.distinct or query.combinations:
        query = QueryValue(FromClause(SubSource(replace(query, preloads=False))))
    elif query.group_bys:
        raise RaisesError("aggregate on a query with group_by")
    return replace(query, select=ex.Call(kind, argument), order_bys=(), preloads=False)


def _atom(value: Value) -> str:
    return value.value.name if isinstance(value, Known) and isinstance(value.value, Atom) else ""
