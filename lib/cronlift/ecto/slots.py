"""What Elixir evaluates inside of a query expression (pins, attributes, module names, subqueries), and what is a
literal there (ecto lib/ecto/query/builder.ex, escape/5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Node
from cronlift.elixir.values import Binary, Known, Value

_QUANTIFIERS = {"any", "all", "exists"}


def slots_of(node: Node) -> Iterator[Node]:
    """The nodes of a query expression that Elixir evaluates, in source order."""
    match node:
        case ast.Unary(op="^", operand=operand):
            yield operand
        case ast.Alias() | ast.Attribute(value=None):
            yield node
        case ast.Call(target=None, name="subquery", args=args) if args:
            yield node
        case ast.Call(target=None, name=name, args=(argument,)) if name in _QUANTIFIERS:
            yield argument
        case ast.Call(target=target, args=args):
            if target is not None and not isinstance(target, ast.Alias):
                yield from slots_of(target)
            for argument in args:
                yield from slots_of(argument)
        case ast.Binary(left=left, right=right):
            yield from slots_of(left)
            yield from slots_of(right)
        case ast.Unary(operand=operand):
            yield from slots_of(operand)
        case ast.List(items=items) | ast.Tuple(items=items) | ast.Block(body=items):
            for item in items:
                yield from slots_of(item)
        case ast.Map(pairs=pairs, struct=struct, base=base):
            for part in (struct, base, *(n for pair in pairs for n in pair)):
                if part is not None:
                    yield from slots_of(part)
        case ast.Access(value=value, key=key):
            yield from slots_of(value)
            yield from slots_of(key)
        case _:
            return


def evaluated(nodes: Sequence[Node]) -> list[Node]:
    """The nodes as Elixir evaluates them: ``subquery(…)`` inside of a query needs no import (builder.ex, escape/5)."""
    return [
        replace(n, target=ast.Alias(n.span, "Elixir.Ecto.Query"))
        if isinstance(n, ast.Call) and n.target is None and n.name == "subquery"
        else n
        for n in nodes
    ]


def literal_value(node: Node) -> Value | None:
    """A literal as a value; None where the node is something else."""
    match node:
        case ast.Literal(value=value):
            return Known(value)
        case ast.Text(parts=()):
            return Known("")
        case ast.Text(parts=(str(text),)):
            return Known(text)
        case ast.Unary(op="-", operand=ast.Literal(value=int() | float() as number)) if not isinstance(number, bool):
            return Known(-number)
        case ast.Opaque(what="bitstring", children=children):
            return _bytes(children)
        case _:
            return None


def _bytes(children: tuple[Node, ...]) -> Value | None:
    numbers = [c.value for c in children if isinstance(c, ast.Literal)]
    if len(numbers) != len(children) or not all(type(n) is int and 0 <= n < 256 for n in numbers):
        return None
    return Binary(bytes(n for n in numbers if isinstance(n, int)).hex())
