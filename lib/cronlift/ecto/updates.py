"""What an update sets (ecto lib/ecto/query/builder/update.ex)."""

from __future__ import annotations

from dataclasses import replace

from cronlift.ecto.bindings import name_of
from cronlift.ecto.escape import Escaper
from cronlift.ecto.expression import Expr, FieldType, TypeSpec, Wrapped
from cronlift.ecto.query import (
    QueryValue,
)
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Known, ListValue, TupleValue, Unknown, Value, keyword_items

_OPERATIONS = ("set", "inc", "push", "pull")


def update(query: QueryValue, node: Node, escaper: Escaper) -> QueryValue:
    """``update: [set: [a: ^b], inc: …]`` or ``^changes``: what is known while compiling comes first (update.ex)."""
    if isinstance(node, ast.Unary) and node.op == "^":
        return runtime_update(query, escaper.slots.get(id(node.operand), Unknown("a value")), escaper)
    early: list[tuple[str, str, Expr]] = []
    late: list[tuple[str, str, Expr]] = []
    if not isinstance(node, ast.List):
        raise RaisesError("an update must be a keyword list")
    for item in node.items:
        if not (isinstance(item, ast.Tuple) and len(item.items) == 2):
            raise RaisesError("an update must be a keyword list")
        op, changes = _operation(name_of(item.items[0], escaper.slots)), item.items[1]
        if isinstance(changes, ast.Unary) and changes.op == "^":
            late += _runtime(op, escaper.slots.get(id(changes.operand), Unknown("a value")), escaper)
            continue
        for change in changes.items if isinstance(changes, ast.List) else ():
            if not (isinstance(change, ast.Tuple) and len(change.items) == 2):
                raise RaisesError("an update must be a keyword list")
            field, value = name_of(change.items[0], escaper.slots), change.items[1]
            made = escaper.escape(value, _type_for(op, field))
            (late if isinstance(value, ast.Unary) and value.op == "^" else early).append((op, field, made))
    return replace(query, updates=(*query.updates, *early, *late))


def runtime_update(query: QueryValue, value: Value, escaper: Escaper) -> QueryValue:
    """Changes given as a value, as ``update_all``'s second argument is."""
    found: list[tuple[str, str, Expr]] = []
    for item in value.items if isinstance(value, ListValue) else ():
        match item:
            case TupleValue(items=(Known(value=Atom(name=op)), changes)):
                found += _runtime(_operation(op), changes, escaper)
            case _:
                raise NotKnownError("the changes of an update are not known")
    if not isinstance(value, ListValue):
        raise NotKnownError("the changes of an update are not known")
    return replace(query, updates=(*query.updates, *found))


def _runtime(op: str, changes: Value, escaper: Escaper) -> list[tuple[str, str, Expr]]:
    known = keyword_items(changes)
    if known is None or not isinstance(changes, ListValue):
        raise NotKnownError("the changes of an update are not known")
    if len(known) != len(changes.items):
        raise RaisesError("an update sets a field twice")
    return [(op, field, escaper.pinned(value, _type_for(op, field))) for field, value in known.items()]


def _operation(name: str) -> str:
    if name not in _OPERATIONS:
        raise RaisesError(f"{name} is no operation of an update")
    return name


def _type_for(op: str, field: str) -> TypeSpec:
    kind = FieldType(0, field)
    return Wrapped("out", kind) if op in ("push", "pull") else kind
