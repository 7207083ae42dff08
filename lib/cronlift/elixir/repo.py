"""Calls of an Ecto repository: raw SQL becomes a statement sent, a query what the package `ecto` writes for it.

Sources: ecto_sql lib/ecto/adapters/sql.ex (query/4, query!/4), ecto lib/ecto/repo.ex (transaction/2, transact/2,
rollback/1, checkout/2).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cronlift.elixir import syntax as ast
from cronlift.elixir.clock_parts import ClockSql, as_parameters
from cronlift.elixir.modules import Module
from cronlift.elixir.sessions import is_session_setting
from cronlift.elixir.syntax import Node, Span
from cronlift.elixir.trace import Flow, Raised, SqlEvent, State, merge
from cronlift.elixir.values import (
    Function,
    Known,
    ListValue,
    MapValue,
    ModuleName,
    OneOf,
    TupleValue,
    Unknown,
    Value,
    atom,
    keyword_items,
)

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

POSTGRES = "Ecto.Adapters.Postgres"
# Options that change how the call is made, not what it does (ecto_sql, "Shared options"; db_connection execute/4).
_HARMLESS_OPTIONS = {"timeout", "log", "pool_timeout", "queue", "telemetry_event", "telemetry_options", "query_type",
                     "cache_statement", "stacktrace", "deadline", "source"}  # fmt: skip
_QUERY_FUNCTIONS = {
    "all", "all_by", "one", "one!", "get", "get!", "get_by", "get_by!", "exists?", "aggregate", "stream", "preload",
    "reload", "reload!", "delete_all", "update_all", "insert_all", "insert", "insert!", "update", "update!", "delete",
    "delete!", "insert_or_update", "insert_or_update!", "explain", "load", "to_sql", "query_many", "query_many!",
}  # fmt: skip
# What a repository may define that changes what its other functions send (ecto lib/ecto/repo.ex, callbacks).
_CHANGED = {"query", "query!", "transaction", "rollback", "checkout", "default_options", "prepare_query",
            "prepare_transaction"}  # fmt: skip


def is_repo(module: Module) -> bool:
    """Whether a module is an Ecto repository."""
    return any(use.module == "Ecto.Repo" for use in module.uses)


def provides(name: str) -> bool:
    """Whether ``use Ecto.Repo`` defines functions of that name (ecto lib/ecto/repo.ex)."""
    others = ("query", "query!", "transaction", "transact", "rollback", "checkout", "in_transaction?")
    return name in _QUERY_FUNCTIONS or name in others


def adapter(module: Module) -> str | None:
    """The adapter a repository names in its ``use`` line; None where it does not."""
    for use in module.uses:
        if use.module == "Ecto.Repo":
            node = ast.keyword(use.options, "adapter")
            return module.expand(node.name) if isinstance(node, ast.Alias) else None
    return None


def is_query_macro(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> bool:
    """Whether a call is one of Ecto.Query's macros (whose arguments are not ordinary expressions)."""
    from cronlift.ecto.macros import MACROS  # late: ecto is built on this package

    if node.name not in MACROS:
        return False
    if isinstance(node.target, ast.Alias):
        return ev.expand(node.target, state, scope) == "Ecto.Query"
    key = (node.name, len(node.args))
    if scope.module.function(*key) or key in scope.module.delegates:
        return False
    lines = [i for i in scope.module.imports if i.module == "Ecto.Query"]
    return "import Ecto.Query" in state.env or any(i.names(*key) for i in lines)


def query_macro(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """Building a query has no effect, running it has (see ecto/macros.py)."""
    from cronlift.ecto import macros

    return macros.call(ev, node, state, scope)


def multi_call(ev: Evaluator, name: str, args: tuple[Value, ...], state: State, scope: Scope, span: Span) -> list[Flow]:
    """``Ecto.Multi.name(args)``: building has no effect (see ecto/multi.py)."""
    from cronlift.ecto import multi

    found = multi.build(name, args)
    if found is not None:
        return [(state, found)]
    what = f"Ecto.Multi.{name}/{len(args)}"
    return [(state, ev.unknown_call(what, "what it adds to the transaction is not known", span, scope))]


def changeset(name: str, args: tuple[Value, ...]) -> Value | None:
    """``Ecto.Changeset.name(args)`` where the changes are known (see ecto/changesets.py); None where they are not."""
    from cronlift.ecto import changesets

    return changesets.build(name, args)


def call(
    ev: Evaluator,
    module: Module,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    span: Span,
    node: Node | None,
) -> list[Flow]:
    """``Repo.name(args)``."""
    what = f"{module.name}.{name}/{len(args)}"
    _check_overrides(ev, module)
    if name in ("query", "query!") and 1 <= len(args) <= 3:
        return _query(ev, module, name, args, state, scope, span)
    if name in ("transaction", "transact") and args:
        return _transaction(ev, module, name, args, state, scope, span, node)
    if name == "rollback" and len(args) == 1:
        if scope.transaction is None:
            return [(state, Raised("raise"))]
        return [(state, Raised("rollback", args[0]))]
    if name == "checkout" and args and isinstance(args[0], Function):
        return ev.invoke(args[0], (), state, scope, node or ast.Block(span, ()))
    if name == "in_transaction?":
        return [(state, Known(scope.transaction is not None))]
    if name in _QUERY_FUNCTIONS:
        from cronlift.ecto import operations

        _check_engine(ev, module, span)
        ev.effect("sql", what, span, scope)
        if operations.handles(name, len(args)):
            return operations.call(ev, module, name, args, state, scope, span)
        ev.problem("ecto-query", f"{what}: SQL written in Ecto's query language is not translated yet", span)
        if operations.writes(name):
            ev.unwritten(span)
        return [(state, Unknown("row data"))]
    return [(state, ev.unknown_call(what, "this function of the repository is not known", span, scope))]


def adapter_call(
    ev: Evaluator, name: str, args: tuple[Value, ...], state: State, scope: Scope, span: Span
) -> list[Flow]:
    """``Ecto.Adapters.SQL.query(repo, sql, params, opts)``."""
    repo = ev.project.module(args[0].name) if args and isinstance(args[0], ModuleName) else None
    if name in ("query", "query!") and repo and is_repo(repo) and 2 <= len(args) <= 4:
        return _query(ev, repo, name, args[1:], state, scope, span)
    what = f"Ecto.Adapters.SQL.{name}/{len(args)}"
    return [(state, ev.unknown_call(what, "the repository or the call is not known", span, scope))]


def _check_engine(ev: Evaluator, module: Module, span: Span) -> None:
    engine = adapter(module)
    if engine is None:
        ev.problem("unknown-engine", f"{module.name} does not say which database it talks to", span)
    elif engine != POSTGRES:
        ev.problem(
            "other-engine", f"{module.name} talks to another engine ({engine}), which pg_cron cannot reach", span
        )


def _query(
    ev: Evaluator, module: Module, name: str, args: tuple[Value, ...], state: State, scope: Scope, span: Span
) -> list[Flow]:
    _check_engine(ev, module, span)
    _check_options(ev, args[2] if len(args) > 2 else ListValue(()), span)
    parameters = args[1] if len(args) > 1 else ListValue(())
    ev.effect("sql", f"{module.name}.{name}/{len(args)}", span, scope)
    if scope.transaction_repo not in ("", module.name):
        ev.problem("two-repositories", "the statement stands in a transaction of another repository", span)
    flows: list[Flow] = []
    count = ev.counts.get((span.file, span.start)) or Unknown("row data")
    for text in args[0].alternatives if isinstance(args[0], OneOf) else (args[0],):
        items = parameters.items if isinstance(parameters, ListValue) else ()
        sql = _sql_text(text)
        if isinstance(text, ClockSql) and (read := as_parameters(text, len(items))):
            sql, items = read[0], (*items, *read[1])
        if sql is None:
            origin = text.origin if isinstance(text, Unknown) else "computed"
            ev.problem("sql-unknown", f"the text of the SQL is not known: it depends on {origin}", span)
            ev.unwritten(span)
        if not isinstance(parameters, ListValue):
            ev.problem("parameters-unknown", "the list of parameters is not known", span)
        event = SqlEvent(
            sql, items, span, module.name, True, scope.transaction, scope.loop,
            conditions=scope.conditions, path=scope.path,
        )  # fmt: skip
        if state.failed:
            ev.findings.after_failure.setdefault(span, event)
            flows += [(state, _success(name, count)), (state, _failure(name))]
            continue
        ev.findings.sent.setdefault((span, sql, items), event)
        failed = replace(event, ok=False)
        flows.append((state.send(event), _success(name, count)))
        flows.append((state.send(failed), _failure(name)))
    return merge(flows)


def _sql_text(value: Value) -> str | None:
    """SQL is a string or a list of strings (iodata)."""
    if isinstance(value, Known) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ListValue):
        parts = [_sql_text(item) for item in value.items]
        return None if None in parts else "".join(p for p in parts if p is not None)
    return None


def _success(name: str, count: Value) -> Value:
    fields = ("rows", "columns", "command", "connection_id", "messages")
    pairs = ((atom("num_rows"), count), *((atom(f), Unknown("row data")) for f in fields))
    result = MapValue(pairs, struct="Postgrex.Result", open=False)
    return result if name.endswith("!") else TupleValue((atom("ok"), result))


def _failure(name: str) -> Value:
    return Raised("sql") if name.endswith("!") else TupleValue((atom("error"), Unknown("an error")))


def _check_overrides(ev: Evaluator, module: Module) -> None:
    """A repository that changes its own calls, or what its sessions are told, is not Ecto's plain one."""
    for (name, _), function in module.functions.items():
        if name in _CHANGED or name in _QUERY_FUNCTIONS:
            span = function.clauses[0].span
            ev.problem("repository-changed", f"{module.name} defines {name} itself", span)
        if name == "get_dynamic_repo":
            text = f"{module.name} chooses at run time which connections it uses: that all lead to the same database "
            ev.question("dynamic-repository", text + "must be said", function.clauses[0].span)
        if (("init", 2) in module.functions) and function.clauses:
            for node in ast.walk([c.sections for c in function.clauses]):
                if is_session_setting(node):
                    text = f"the sessions of {module.name} are changed when they open"
                    ev.problem("session-settings", text, node.span)


def _check_options(ev: Evaluator, options: Value, span: Span) -> None:
    known = keyword_items(options)
    if known is None or not set(known) <= _HARMLESS_OPTIONS:
        ev.problem("query-options", "the call has options whose meaning for the statement is not known", span)


def _transaction(
    ev: Evaluator,
    module: Module,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    span: Span,
    node: Node | None,
) -> list[Flow]:
    from cronlift.ecto.multi import MultiValue, run

    work = args[0]
    _check_engine(ev, module, span)
    if scope.transaction_repo not in ("", module.name):
        ev.problem("two-repositories", "a transaction of another repository is open here", span)
    _check_options(ev, args[1] if len(args) > 1 else ListValue(()), span)
    if not isinstance(work, Function | MultiValue):
        ev.effect("sql", f"{module.name}.{name}/{len(args)}", span, scope)
        ev.problem("ecto-query", "what the transaction does is not known", span)
        ev.unwritten(span)
        return [(state, Unknown("row data"))]
    outermost = scope.transaction is None
    number = state.transactions + 1 if outermost else scope.transaction
    begun = replace(state, transactions=state.transactions + 1) if outermost else state
    inner = replace(scope, transaction=number, transaction_repo=module.name)
    if isinstance(work, MultiValue):
        ev.effect("sql", f"{module.name}.{name}/{len(args)}", span, scope)
        # A Multi's result is {:ok, results}, whichever function runs it.
        done = run(ev, module, work, begun, inner, span, node)
        return merge([_closed(s, v, number, "transaction", outermost, span, ev) for s, v in done])
    arity = len(work.clauses[0].patterns) if work.clauses else max(work.arity, 0)
    flows = ev.invoke(work, (ModuleName(module.name),) * arity, begun, inner, node or ast.Block(span, ()))
    return merge([_closed(s, v, number, name, outermost, span, ev) for s, v in flows])


def _closed(
    state: State, value: Value, number: int | None, name: str, outermost: bool, span: Span, ev: Evaluator
) -> Flow:
    """How a transaction ends: committed, or rolled back by an error, a raise or ``Repo.rollback``."""
    failed = any(not e.ok and e.transaction == number for e in state.events)
    if isinstance(value, Raised):
        undone = state if failed else _undo(state, number, span, always=not outermost)
        if value.kind == "rollback":
            return undone, TupleValue((atom("error"), value.value or Unknown("a rollback")))
        return undone, value
    if failed:
        return state, TupleValue((atom("error"), atom("rollback")))
    if name == "transaction":
        return state, TupleValue((atom("ok"), value))
    match value:
        case TupleValue(items=(Known() as tag, _)) if tag == atom("ok"):
            return state, value
        case TupleValue(items=(Known() as tag, _)) if tag == atom("error"):
            return _undo(state, number, span), value
        case _:
            ev.problem("transaction-end", "whether the transaction commits is not known", span)
            return state, value


def _undo(state: State, number: int | None, span: Span, *, always: bool = False) -> State:
    """The transaction's statements taken back. ``always``: an inner one ended so, which dooms the outer one whatever
    it does next (db_connection lib/db_connection.ex, transaction/3)."""
    kept = tuple(e for e in state.events if e.transaction != number)
    if len(kept) == len(state.events) and not always:
        return state
    return replace(state, events=(*kept, SqlEvent(None, (), span, "", transaction=number, undone=True)))
