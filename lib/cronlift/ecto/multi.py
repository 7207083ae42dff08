"""``Ecto.Multi``: named operations of one transaction, in order (ecto lib/ecto/multi.ex)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cronlift.ecto import operations
from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Module
from cronlift.elixir.syntax import Node, Span
from cronlift.elixir.trace import Flow, Raised, State, then
from cronlift.elixir.values import (
    Function,
    Known,
    MapValue,
    ModuleName,
    TupleValue,
    Unknown,
    Value,
    atom,
    fully_known,
)

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

# Operations with their number of arguments after the multi: name, what they work on, and options at the end.
_QUERIES = {"delete_all": (2, 3), "update_all": (3, 4), "insert_all": (3, 4), "insert": (2, 3), "all": (2, 3),
            "one": (2, 3), "exists?": (2, 3)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    kind: str
    name: Value
    args: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class MultiValue(Value):
    STRUCT: ClassVar[str] = "Ecto.Multi"
    operations: tuple[Operation, ...] = ()


def build(name: str, args: tuple[Value, ...]) -> Value | None:
    """The result of ``Ecto.Multi.name(args)``; None where it is not known."""
    if name == "new" and not args:
        return MultiValue()
    multi = args[0] if args else None
    if not isinstance(multi, MultiValue):
        return None
    rest = args[1:]
    if name in ("append", "prepend") and len(rest) == 1 and isinstance(rest[0], MultiValue):
        first, second = (multi, rest[0]) if name == "append" else (rest[0], multi)
        return _joined(first.operations, second.operations)
    if name in _QUERIES and len(rest) in _QUERIES[name] and fully_known(rest[0]):
        return _joined(multi.operations, (Operation(name, rest[0], rest[1:]),))
    if name == "run" and len(rest) == 2 and isinstance(rest[1], Function) and fully_known(rest[0]):
        return _joined(multi.operations, (Operation(name, rest[0], rest[1:]),))
    if name == "put" and len(rest) == 2 and fully_known(rest[0]):
        return _joined(multi.operations, (Operation(name, rest[0], rest[1:]),))
    return None


def _joined(first: tuple[Operation, ...], second: tuple[Operation, ...]) -> Value | None:
    """Names are there once (add_operation/3 raises otherwise)."""
    names = [o.name for o in (*first, *second)]
    return MultiValue((*first, *second)) if len(set(names)) == len(names) else None


def run(
    ev: Evaluator, repo: Module, multi: MultiValue, state: State, scope: Scope, span: Span, node: Node | None
) -> list[Flow]:
    """The operations one after the other, inside of the transaction; the value is the map of their results."""
    flows: list[Flow] = [(state, MapValue(()))]
    for operation in multi.operations:
        flows = then(
            flows,
            lambda s, done, o=operation: then(  # type: ignore[misc]
                _operate(ev, repo, o, done, s, scope, span, node),
                lambda s2, v, d=done, n=o.name: [(s2, d.put(n, v) if isinstance(d, MapValue) else d)],  # type: ignore[misc]
            ),
        )
    return flows


def _operate(
    ev: Evaluator,
    repo: Module,
    operation: Operation,
    done: Value,
    state: State,
    scope: Scope,
    span: Span,
    node: Node | None,
) -> list[Flow]:
    kind, args = operation.kind, operation.args
    place = node or ast.Block(span, ())
    if kind == "put":
        return [(state, args[0])]
    if kind == "run":
        assert isinstance(args[0], Function)
        given = (ModuleName(repo.name), done)
        return then(ev.invoke(args[0], given, state, scope, place), lambda s, v: _outcome(ev, s, v, span))
    # A function makes the query, the rows or the struct from what is done so far; it is the last but the options.
    position = next((i for i, a in enumerate(args) if isinstance(a, Function)), None)
    name = f"{kind}!" if kind in ("insert", "update", "delete") else kind
    if position is None:
        return operations.call(ev, repo, name, args, state, scope, span)
    function = args[position]
    assert isinstance(function, Function)

    def go(s: State, made: Value) -> list[Flow]:
        filled = (*args[:position], made, *args[position + 1 :])
        return operations.call(ev, repo, name, filled, s, scope, span)

    return then(ev.invoke(function, (done,), state, scope, place), go)


def _outcome(ev: Evaluator, state: State, value: Value, span: Span) -> list[Flow]:
    """``run``'s function answers {:ok, value} or {:error, value}, which takes everything back."""
    match value:
        case TupleValue(items=(Known() as tag, inner)) if tag == atom("ok"):
            return [(state, inner)]
        case TupleValue(items=(Known() as tag, inner)) if tag == atom("error"):
            return [(state, Raised("rollback", inner))]
        case _:
            ev.problem("transaction-end", "whether the transaction commits is not known", span)
            return [(state, Unknown("a result"))]
