"""A query macro's bindings: which number a variable stands for (ecto lib/ecto/query/builder.ex, escape_binding/3)."""

from __future__ import annotations

from collections.abc import Mapping

from cronlift.ecto.expression import Binding, Named
from cronlift.ecto.query import QueryValue
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Known, Value

Slots = Mapping[int, Value]


def bind(node: Node | None, query: QueryValue, slots: Slots) -> dict[str, Binding]:
    """Variables to bindings: by position (``...`` skips to the last ones), or by name (``[owner: o]``)."""
    if node is None:
        return {}
    items = list(node.items) if isinstance(node, ast.List) else [node]
    found: dict[str, Binding] = {}
    positional = [i for i in items if isinstance(i, ast.Var)]
    for item in items:
        if isinstance(item, ast.Tuple) and len(item.items) == 2 and isinstance(item.items[1], ast.Var):
            key = item.items[0]
            if isinstance(key, ast.Literal) and isinstance(key.value, int) and not isinstance(key.value, bool):
                found[item.items[1].name] = key.value
            else:
                found[item.items[1].name] = Named(name_of(key, slots))
        elif not isinstance(item, ast.Var):
            raise NotKnownError("a binding of the query is not understood")
    dots = [i for i, v in enumerate(positional) if v.name == "..."]
    for i, variable in enumerate(positional):
        if variable.name in ("_", "..."):
            continue
        after = bool(dots) and i > dots[0]
        index = query.bindings - (len(positional) - i) if after else i
        if variable.name in found:
            raise RaisesError(f"the variable {variable.name} is bound twice in a query")
        found[variable.name] = index
    return found


def name_of(node: Node, slots: Slots) -> str:
    """An atom, written or pinned."""
    value: Value | None = None
    if isinstance(node, ast.Literal):
        value = Known(node.value)
    elif isinstance(node, ast.Unary) and node.op == "^":
        value = slots.get(id(node.operand))
    if isinstance(value, Known) and isinstance(value.value, Atom):
        return value.value.name
    raise NotKnownError("a name in the query is known only at run time")


def field_name(node: Node, slots: Slots) -> str:
    """A field's name: an atom or a string, written or pinned."""
    if isinstance(node, ast.Text) and len(node.parts) == 1 and isinstance(node.parts[0], str):
        return node.parts[0]
    if isinstance(node, ast.Unary) and node.op == "^":
        value = slots.get(id(node.operand))
        if isinstance(value, Known) and isinstance(value.value, str):
            return value.value
    return name_of(node, slots)
