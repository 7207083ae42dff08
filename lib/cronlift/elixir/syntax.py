"""The syntax tree the reader works on: Elixir's forms, with pipes and ``do:`` keywords already normalised."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import cache
from typing import Any, NamedTuple

from cronlift.elixir.immutable import immutable
from cronlift.errors import UsageError


class Span(NamedTuple):
    """A stretch of a file: bytes from ``start`` to ``end``, lines from 1."""

    file: str
    start: int
    end: int
    line: int
    end_line: int


@immutable
class Atom:
    """An Elixir atom; booleans and nil are Python's own."""

    name: str


@immutable
class Node:
    span: Span


@immutable
class Literal(Node):
    """A number, boolean, nil or atom."""

    value: int | float | bool | Atom | None


@immutable
class Text(Node):
    """A string: literal parts and interpolated expressions."""

    parts: tuple[str | Node, ...]


@immutable
class Alias(Node):
    """A module name as written (``Cache``, ``MyApp.Cache``, ``__MODULE__.Cache``)."""

    name: str


@immutable
class Var(Node):
    """A bare identifier: a variable, or a call without parentheses."""

    name: str


@immutable
class Attribute(Node):
    """``@name`` read, or ``@name value`` where ``value`` is given."""

    name: str
    value: Node | None


@immutable
class Block(Node):
    body: tuple[Node, ...]


@immutable
class Clause(Node):
    """``patterns when guard -> body``."""

    patterns: tuple[Node, ...]
    guard: Node | None
    body: Block


@immutable
class Clauses(Node):
    """``(pattern -> body; …)`` in parentheses, as ``else:`` and ``rescue:`` take it."""

    clauses: tuple[Clause, ...]


@immutable
class Call(Node):
    """``name(args)`` or ``target.name(args)``; ``sections`` holds do, else, rescue, catch and after."""

    target: Node | None
    name: str
    args: tuple[Node, ...]
    sections: dict[str, Block | tuple[Clause, ...]] = field(default_factory=dict, hash=False)
    parens: bool = True


@immutable
class FunCall(Node):
    """``fun.(args)``."""

    fun: Node
    args: tuple[Node, ...]


@immutable
class Access(Node):
    """``value[key]``."""

    value: Node
    key: Node


@immutable
class Tuple(Node):
    items: tuple[Node, ...]


@immutable
class List(Node):
    """A list; a keyword pair is a two-element Tuple, ``[head | tail]`` has its ``tail``."""

    items: tuple[Node, ...]
    tail: Node | None = None


@immutable
class Map(Node):
    """``%{…}`` or ``%Struct{…}``; ``base`` is what ``%{base | …}`` updates."""

    pairs: tuple[tuple[Node, Node], ...]
    struct: Node | None = None
    base: Node | None = None


@immutable
class Unary(Node):
    op: str
    operand: Node


@immutable
class Binary(Node):
    op: str
    left: Node
    right: Node


@immutable
class Fn(Node):
    clauses: tuple[Clause, ...]


@immutable
class Capture(Node):
    """``&name/arity``, ``&Module.name/arity`` or ``&(… &1 …)``."""

    body: Node


@immutable
class CaptureArgument(Node):
    index: int


@immutable
class DateSigil(Node):
    """``~D``, ``~T``, ``~N`` or ``~U`` with its ISO text; ``name`` is the letter."""

    name: str
    text: str


@immutable
class Opaque(Node):
    """Something whose value is not followed (a regex, a bitstring); ``children`` may still hold calls, ``text`` is a
    sigil's content where nothing is interpolated into it."""

    what: str
    children: tuple[Node, ...] = ()
    text: str | None = None


class ElixirSyntaxError(UsageError):
    """A file that does not parse as Elixir."""

    def __init__(self, file: str, line: int) -> None:
        self.file, self.line = file, line
        super().__init__("this does not parse as Elixir", where=f"{file}:{line}", do="mend the file or leave it out")


def keyword(pairs: List | None, name: str) -> Node | None:
    """The value of ``name:`` in a keyword list node; None where it is absent."""
    for item in pairs.items if pairs else ():
        if isinstance(item, Tuple) and len(item.items) == 2:
            key = item.items[0]
            if isinstance(key, Literal) and key.value == Atom(name):
                return item.items[1]
    return None


@cache
def _parts(kind: type) -> tuple[str, ...]:
    """The fields of a kind of node that may hold nodes."""
    names = tuple(f.name for f in dataclasses.fields(kind))
    return tuple(n for n in names if n not in ("span", "name", "op", "what", "text", "index", "parens"))


def rewrite(node: Any, change: Callable[[Node], Node | None]) -> Any:
    """The tree with every node replaced that ``change`` answers for, from the top down; None leaves one as it is."""
    if isinstance(node, Node):
        new = change(node)
        if new is not None:
            return new
        kind: type = type(node)
        parts = {part: rewrite(getattr(node, part), change) for part in _parts(kind)}
        return dataclasses.replace(node, **parts)
    if isinstance(node, tuple):
        return tuple(rewrite(item, change) for item in node)
    if isinstance(node, dict):
        return {key: rewrite(item, change) for key, item in node.items()}
    return node


def walk(node: object) -> Iterator[Node]:
    """A node and everything below it, in source order."""
    if isinstance(node, Node):
        yield node
        kind: type = type(node)
        for part in _parts(kind):
            yield from walk(getattr(node, part))
    elif isinstance(node, tuple | list):
        for item in node:
            yield from walk(item)
    elif isinstance(node, dict):
        for item in node.values():
            yield from walk(item)
