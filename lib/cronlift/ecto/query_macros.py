"""Macros of the application inside of a query: a ``quote`` of one expression is put in its place.

Source: ecto lib/ecto/query/builder.ex, escape/5 (what it does not know itself it expands as a macro and looks at
again), elixir lib/kernel/special_forms.ex (quote/2, unquote/1). Followed are macros of one clause with plain
parameters whose body quotes a single expression without variables or attributes of its own; any other stays what it
was, and the query is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Macro, Module
from cronlift.elixir.syntax import Node
from cronlift.elixir.using import expanded

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope
    from cronlift.elixir.trace import State

_MAX_DEPTH = 5
# What the builder knows itself, before any macro (builder.ex, escape/5; lib/ecto/query/api.ex, window_api.ex).
_OWN = frozenset(
    ["field", "type", "fragment", "subquery", "any", "all", "exists", "ago", "from_now", "datetime_add", "date_add",
     "json_extract_path", "is_nil", "like", "ilike", "not", "and", "or", "in", "coalesce", "count", "avg", "sum", "min",
     "max", "filter", "over", "selected_as", "as", "parent_as", "splice", "identifier", "literal", "constant", "values",
     "merge", "map", "struct", "assoc", "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile",
     "first_value", "last_value", "nth_value", "lag", "lead", "from", "fn", "if", "case", "cond"]
)  # fmt: skip


def written_out(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> ast.Call:
    """The call of a query macro with the application's macros in its arguments put in."""
    found: ast.Call = ast.rewrite(node, lambda n: None if n is node else _expansion(ev, n, state, scope, 0))
    return found


def _expansion(ev: Evaluator, node: Node, state: State, scope: Scope, depth: int) -> Node | None:
    match node:
        case ast.Unary(op="^"):
            return node  # Elixir's own expression, not the query's
        case ast.Call(target=None, name=name, args=args) if name not in _OWN:
            owner = _owner(ev, scope.module, name, len(args))
        case ast.Call(target=ast.Alias() as target, name=name, args=args):
            owner = ev.project.module(ev.expand(target, state, scope))
        case _:
            return None
    macro = owner.query_macros.get((name, len(args))) if owner else None
    if owner is None or macro is None or depth > _MAX_DEPTH:
        return None
    body = _quoted(macro)
    if body is None:
        return None
    ev.findings.modules[owner.name] = owner
    given = dict(zip(macro.parameters, args, strict=True))
    out: Node = ast.rewrite(expanded(body, owner, given, {}, {}), lambda n: _expansion(ev, n, state, scope, depth + 1))
    return out


def _owner(ev: Evaluator, module: Module, name: str, arity: int) -> Module | None:
    if (name, arity) in module.query_macros:
        return module
    for line in module.imports:
        found = ev.project.module(line.module) if line.names(name, arity) or line.only is not None else None
        if found and (name, arity) in found.query_macros:
            return found
    return None


def _quoted(macro: Macro) -> Node | None:
    """The expression that the macro quotes; None where it is anything else."""
    match macro.body:
        case (ast.Call(target=None, name="quote", args=(), sections={"do": ast.Block(body=(expression,))}),):
            pass
        case _:
            return None
    taken: set[int] = set()
    for node in ast.walk(expression):
        match node:
            case ast.Call(target=None, name="unquote", args=(ast.Var(name=name) as var,)) if name in macro.parameters:
                taken.add(id(var))
            case ast.Call(target=None, name="unquote" | "unquote_splicing") | ast.Attribute():
                return None
            case ast.Var() if id(node) not in taken:
                return None
    return expression
