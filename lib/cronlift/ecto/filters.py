"""What a condition is: an expression, a keyword list of fields, or a value (ecto lib/ecto/query/builder/filter.ex)."""

from __future__ import annotations

from dataclasses import replace

from cronlift.ecto import expression as ex
from cronlift.ecto.bindings import name_of
from cronlift.ecto.escape import Escaper
from cronlift.ecto.expression import Binding, Expr, FieldType
from cronlift.ecto.query import (
    DynamicValue,
)
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.types import BOOLEAN
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Known, ListValue, TupleValue, Unknown, Value


def filter_expression(node: Node, escaper: Escaper, binding: Binding = 0) -> Expr | None:
    """A condition, or a keyword list of fields of ``binding``; None where it says nothing (``[]``, ``true``)."""
    if isinstance(node, ast.Unary) and node.op == "^":
        return _runtime_filter(escaper.slots.get(id(node.operand), Unknown("a value")), escaper, binding)
    if isinstance(node, ast.Literal) and node.value is True:
        return None
    if not isinstance(node, ast.List):
        return escaper.escape(node, BOOLEAN)
    parts: list[Expr] = []
    for item in node.items:
        if not (isinstance(item, ast.Tuple) and len(item.items) == 2):
            raise RaisesError("a filter that is a list must be a keyword list")
        name, value = name_of(item.items[0], escaper.slots), item.items[1]
        if isinstance(value, ast.Literal) and value.value is None:
            raise RaisesError(f"nil given for {name} in a query, which Ecto forbids")
        made = escaper.escape(value, FieldType(binding, name))
        made = replace(made, not_nil=True) if isinstance(made, ex.Pin) else made
        parts.append(ex.Call("==", (ex.FieldExpr(binding, name), made)))
    return _all_of(parts)


def _runtime_filter(value: Value, escaper: Escaper, binding: Binding) -> Expr | None:
    match value:
        case DynamicValue():
            found = escaper.expand(value)
            # A dynamic that is `true` adds nothing (filter.ex, apply/3).
            return None if found == ex.Literal(Known(True)) else found
        case Known(value=bool(b)):
            return None if b else ex.Literal(Known(False), BOOLEAN)
        case ListValue(items=()):
            return None
        case ListValue(items=items):
            parts: list[Expr] = []
            for item in items:
                match item:
                    case TupleValue(items=(Known(value=Atom(name=name)), inner)):
                        pin = ex.Pin(inner, FieldType(binding, name), not_nil=True)
                        parts.append(ex.Call("==", (ex.FieldExpr(binding, name), pin)))
                    case _:
                        raise NotKnownError("a filter given to the query is not known")
            return _all_of(parts)
    raise NotKnownError("a filter given to the query is not known")


def _all_of(parts: list[Expr]) -> Expr | None:
    whole: Expr | None = None
    for part in parts:
        whole = part if whole is None else ex.Call("and", (whole, part))
    return whole
