"""Ecto.Query's macros and functions: a call as written becomes a query value (ecto lib/ecto/query.ex).

Building a query has no effect; running it has. What Elixir evaluates on the way (pins, sources, attributes) is
evaluated as everywhere; the rest is Ecto's own language. A query that cannot become SQL carries its trouble with it
until it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cronlift.ecto import clauses, joins
from cronlift.ecto.bindings import Slots, bind, name_of
from cronlift.ecto.escape import Escaper
from cronlift.ecto.expression import Binding
from cronlift.ecto.query import (
    DynamicValue,
    From,
    QueryValue,
    SubqueryValue,
    TableSource,
    Trouble,
    part_of,
    to_query,
    with_trouble,
    written,
)
from cronlift.ecto.query_macros import written_out
from cronlift.ecto.refusals import NoSqlError, NotKnownError, RaisesError
from cronlift.ecto.slots import evaluated, slots_of
from cronlift.elixir import branches
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.elixir.trace import Flow, State, merge, then
from cronlift.elixir.values import Function, Known, Unknown, Value

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

# query, bindings (left out where the arity is the smaller one), expression
_CLAUSES = {
    "where", "or_where", "having", "or_having", "select", "select_merge", "order_by", "prepend_order_by", "group_by",
    "limit", "offset", "with_ties", "distinct", "lock", "windows", "update", "preload",
}  # fmt: skip
_FUNCTIONS = {
    "subquery": (1, 2), "exclude": (2,), "put_query_prefix": (2,), "recursive_ctes": (2,), "has_named_binding?": (2,),
    "with_named_binding": (3,), "first": (1, 2), "last": (1, 2), "reverse_order": (1,),
}  # fmt: skip
MACROS = frozenset({"from", "join", "with_cte", "dynamic", *_CLAUSES, *clauses.COMBINATIONS, *_FUNCTIONS})
Build = Callable[[QueryValue, Slots], QueryValue]
_NO_QUERY = From(TableSource(""))


def call(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """A call of one of Ecto.Query's macros or functions: its value is a query, a subquery or a dynamic."""
    node = written_out(ev, node, state, scope)
    name, count = node.name, len(node.args)
    if name in _FUNCTIONS and count in _FUNCTIONS[name]:
        return ev.arguments(node.args, state, scope, lambda s, vs: _function(ev, node, name, vs, s, scope))
    if name == "from" and count in (1, 2):
        return _from(ev, node, state, scope)
    if name == "dynamic" and count in (1, 2):
        return _dynamic(ev, node, state, scope)
    if name == "join" and count in (3, 4, 5):
        parts = (node.args[2] if count > 3 else None, node.args[3] if count > 3 else node.args[2])
        return _join(ev, node, parts[0], parts[1], node.args[4] if count == 5 else None, state, scope)
    if name == "with_cte" and count == 3:
        rest = [*slots_of(node.args[1]), *slots_of(node.args[2])]
        return _on_query(
            ev, node, rest, state, scope,
            lambda q, slots: written(
                clauses.with_cte(q, node.args[1], node.args[2], _escaper(slots, {}, q, node)), name, node.args[2], slots
            ),
        )  # fmt: skip
    if name in clauses.COMBINATIONS and count == 2:
        rest = list(slots_of(node.args[1]))
        return _on_query(
            ev,
            node,
            rest,
            state,
            scope,
            lambda q, s: written(clauses.combined(q, name, node.args[1], s), name, node.args[1], s),
        )
    if name in _CLAUSES and count in (2, 3):
        bindings = node.args[1] if count == 3 else None
        expression = node.args[-1]
        rest = [*(slots_of(bindings) if bindings is not None else ()), *slots_of(expression)]

        def add(query: QueryValue, slots: Slots) -> QueryValue:
            escaper = _escaper(slots, bind(bindings, query, slots), query, node)
            return written(clauses.simple(query, name, expression, escaper), name, expression, slots)

        return _on_query(ev, node, rest, state, scope, add)
    return [(state, ev.unknown_call(f"Ecto.Query.{name}/{count}", "this form of it is not known", node.span, scope))]


def _escaper(slots: Slots, variables: dict[str, Binding], query: QueryValue, node: ast.Call) -> Escaper:
    return Escaper(slots, variables, query, f"{node.span.file}:{node.span.line}")


def _slots(nodes: list[Node], values: tuple[Value, ...]) -> Slots:
    return dict(zip(map(id, nodes), values, strict=True))


def _on_query(ev: Evaluator, node: ast.Call, rest: list[Node], state: State, scope: Scope, build: Build) -> list[Flow]:
    """Evaluate the query and what stands in the clause, then ``build``; alternatives one by one."""

    def use(s: State, values: tuple[Value, ...]) -> list[Flow]:
        flows: list[Flow] = []
        for chosen in branches.split(values):
            flows.append((s, _built(chosen[0], _slots(rest, chosen[1:]), node.span, build)))
        return merge(flows)

    return ev.arguments([node.args[0], *evaluated(rest)], state, scope, use)


def _built(value: Value, slots: Slots, span: Span, build: Build) -> Value:
    query = to_query(value)
    if query is None:
        return value if isinstance(value, Unknown) else Unknown("a query that is not known")
    try:
        return build(query, slots)
    except NoSqlError as error:
        return with_trouble(query, error, span)


def _from(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    first = node.args[0]
    variable, right = (first.left, first.right) if isinstance(first, ast.Binary) and first.op == "in" else (None, first)
    special = isinstance(right, ast.Call) and right.target is None and right.name in ("fragment", "values")
    lines = _keyword(node.args[1]) if len(node.args) > 1 else []
    if lines is None:
        return [(state, ev.unknown_call("Ecto.Query.from/2", "its clauses are not written out", node.span, scope))]
    nodes: list[Node] = list(joins.source_slots(right)) if special else [right]
    if variable is not None:
        nodes += slots_of(variable)
    for key, value in lines:
        joined = value.right if isinstance(value, ast.Binary) and value.op == "in" else value
        nodes += joins.source_slots(joined) if key in joins.QUALIFIERS else slots_of(value)

    def use(s: State, values: tuple[Value, ...]) -> list[Flow]:
        return merge(
            [(s, _from_value(node, variable, right, lines, nodes, chosen)) for chosen in branches.split(values)]
        )

    return ev.arguments(evaluated(nodes), state, scope, use)


def _keyword(node: Node) -> list[tuple[str, Node]] | None:
    pairs: list[tuple[str, Node]] = []
    for item in node.items if isinstance(node, ast.List) else (node,):
        match item:
            case ast.Tuple(items=(ast.Literal(value=Atom(name=name)), value)):
                pairs.append((name, value))
            case _:
                return None
    return pairs


def _from_value(
    node: ast.Call,
    variable: Node | None,
    right: Node,
    lines: list[tuple[str, Node]],
    nodes: list[Node],
    values: tuple[Value, ...],
) -> Value:
    slots = _slots(nodes, values)
    query = QueryValue(_NO_QUERY)
    try:
        source = slots.get(id(right), Unknown("a source"))
        if isinstance(source, Unknown) and not isinstance(right, ast.Call):
            return source if source.origin != "a source" else Unknown("a query that is not known")
        query = joins.from_source(source, right, _escaper(slots, {}, query, node))
        query = written(query, "from", node.args[0], slots)
        variables = bind(variable, query, slots)
        at = 0
        options: dict[str, Node] = {}
        while at < len(lines) and lines[at][0] in ("as", "prefix", "hints"):
            options[lines[at][0]] = lines[at][1]
            at += 1
        query = _from_options(query, options, slots)
        while at < len(lines):
            key, value = lines[at]
            at += 1
            if key not in joins.QUALIFIERS:
                query = clauses.simple(query, key, value, _escaper(slots, variables, query, node))
                query = written(query, key, value, slots)
                continue
            options = {}
            while at < len(lines) and lines[at][0] in ("on", "as", "prefix", "hints"):
                name = lines[at][0]
                if name in options and name == "on":
                    raise NotKnownError("a join with several `on`")
                options[name] = lines[at][1]
                at += 1
            place = f"{node.span.file}:{node.span.line}"
            query, variables = joins.join(query, joins.QUALIFIERS[key], value, options, variables, slots, place)
            query = written(query, "join", value, slots)
            if "on" in options:
                query = written(query, "on", options["on"], slots)
        return query
    except NoSqlError as error:
        return with_trouble(query, error, node.span)


def _from_options(query: QueryValue, options: dict[str, Node], slots: Slots) -> QueryValue:
    if "hints" in options:
        raise NotKnownError("hints on a table are not followed")
    if "as" in options:
        name = name_of(options["as"], slots)
        if query.source.as_ is not None or query.alias(name) is not None:
            raise RaisesError(f"the query's source has a name already, and gets another one: {name}")
        query = replace(query, source=replace(query.source, as_=name), aliases=(*query.aliases, (name, 0)))
    prefix, prefixed = joins.prefix_of(options, slots)
    if prefixed:
        if query.source.prefixed and query.source.prefix is not None:
            raise RaisesError("the query's source has a prefix already")
        query = replace(query, source=replace(query.source, prefix=prefix, prefixed=True))
    return query


def _join(
    ev: Evaluator,
    node: ast.Call,
    bindings: Node | None,
    expression: Node,
    options: Node | None,
    state: State,
    scope: Scope,
) -> list[Flow]:
    qualifier, given = node.args[1], _keyword(options) if options is not None else []
    if given is None:
        return [(state, ev.unknown_call("Ecto.Query.join/5", "its options are not written out", node.span, scope))]
    named = dict(given)
    joined = expression.right if isinstance(expression, ast.Binary) and expression.op == "in" else expression
    rest: list[Node] = [*slots_of(qualifier), *(slots_of(bindings) if bindings is not None else ())]
    rest += joins.source_slots(joined)
    for value in named.values():
        rest += slots_of(value)

    def add(query: QueryValue, slots: Slots) -> QueryValue:
        variables = bind(bindings, query, slots)
        place = f"{node.span.file}:{node.span.line}"
        how = name_of(qualifier, slots)
        query = joins.join(query, how, expression, named, variables, slots, place)[0]
        query = written(query, "join", expression, slots)
        return written(query, "on", named["on"], slots) if "on" in named else query

    return _on_query(ev, node, rest, state, scope, add)


def _dynamic(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    bindings = node.args[0] if len(node.args) == 2 else None
    body = node.args[-1]
    nodes = [*(slots_of(bindings) if bindings is not None else ()), *slots_of(body)]

    def use(s: State, values: tuple[Value, ...]) -> list[Flow]:
        return merge([(s, DynamicValue(bindings, body, chosen)) for chosen in branches.split(values)])

    return ev.arguments(evaluated(nodes), state, scope, use)


# ── functions ──
def _function(
    ev: Evaluator, node: ast.Call, name: str, args: tuple[Value, ...], state: State, scope: Scope
) -> list[Flow]:
    if name == "with_named_binding":
        return _with_named_binding(ev, node, args, state, scope)
    return merge([(state, _result(name, chosen, node.span)) for chosen in branches.split(args)])


def _with_named_binding(
    ev: Evaluator, node: ast.Call, args: tuple[Value, ...], state: State, scope: Scope
) -> list[Flow]:
    query, key, function = to_query(args[0]), args[1], args[2]
    if query is None or not (isinstance(key, Known) and isinstance(key.value, Atom)):
        return [(state, Unknown("a query that is not known"))]
    if query.alias(key.value.name) is not None:
        return [(state, query)]
    if not isinstance(function, Function):
        return [(state, Unknown("a query that is not known"))]
    arity = function.arity if function.arity >= 0 else len(function.clauses[0].patterns) if function.clauses else 1
    return then(ev.invoke(function, (query, key)[:arity], state, scope, node), lambda s, v: [(s, v)])


def _result(name: str, args: tuple[Value, ...], span: Span) -> Value:
    first = args[0]
    if name == "subquery" and isinstance(first, SubqueryValue):
        return first
    query = to_query(first)
    if query is None:
        return first if isinstance(first, Unknown) else Unknown("a query that is not known")
    match name, args[1:]:
        case "subquery", ():
            return SubqueryValue(query)
        case "exclude", (Known(value=Atom(name=part)),):
            return _exclude(query, part, span)
        case "put_query_prefix", (Known(value=str(prefix)),):
            return replace(query, prefix=prefix)
        case "recursive_ctes", (Known(value=bool(recursive)),):
            return replace(query, recursive=recursive)
        case "has_named_binding?", (Known(value=Atom(name=key)),):
            return Known(query.alias(key) is not None)
        case "has_named_binding?", _:
            return Unknown("a query's binding")
        case _:
            what = f"Ecto.Query.{name}/{len(args)} is not followed"
            return replace(query, trouble=query.trouble or Trouble("ecto-query", what, span))


def _exclude(query: QueryValue, part: str, span: Span) -> QueryValue:
    """``exclude/2`` (ecto lib/ecto/query.ex)."""
    gone = {part_of(part), "on"} if part == "join" else {part_of(part)}
    query = replace(query, origins=tuple(o for o in query.origins if o.part not in gone))
    match part:
        case "where":
            return replace(query, wheres=())
        case "order_by":
            return replace(query, order_bys=())
        case "group_by":
            return replace(query, group_bys=())
        case "having":
            return replace(query, havings=())
        case "select":
            return replace(query, select=None)
        case "limit":
            return replace(query, limit=None)
        case "offset":
            return replace(query, offset=None)
        case "distinct":
            return replace(query, distinct=None)
        case "lock":
            return replace(query, lock=None)
        case "preload":
            return replace(query, preloads=False)
        case "update":
            return replace(query, updates=())
        case "windows":
            return replace(query, windows=())
        case "combinations":
            return replace(query, combinations=())
        case "with_ctes":
            return replace(query, ctes=(), recursive=False)
        case "join":
            kept = tuple((n, i) for n, i in query.aliases if i == 0)
            return replace(query, joins=(), aliases=kept)
        case _:
            return replace(query, trouble=query.trouble or Trouble("ecto-query", f"exclude({part})", span))
