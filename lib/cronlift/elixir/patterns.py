"""Matching a pattern against what is known of a value: yes, no, or maybe, with the variables it binds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum

from cronlift.elixir import counts
from cronlift.elixir import syntax as ast
from cronlift.elixir.counts import Between
from cronlift.elixir.rows import Row
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import (
    Binary,
    Clock,
    DecimalNumber,
    Fixed,
    FreshUuid,
    Function,
    Known,
    ListValue,
    MapValue,
    ModuleName,
    OneOf,
    TupleValue,
    Unknown,
    Value,
    equal,
    fully_known,
    join,
    origin,
)

# Values that are not held in a form a pattern could be compared with.
_SHAPELESS = (Unknown, OneOf, Function, Clock, Fixed, DecimalNumber, Binary, FreshUuid)


class Match(IntEnum):
    NO = 0
    MAYBE = 1
    YES = 2


Bindings = dict[str, Value]
Result = tuple[Match, Bindings]
Expand = Callable[[ast.Alias], str]


class Matcher:
    """Matches patterns in one lexical place: ``expand`` resolves aliases, ``lookup`` evaluates simple expressions
    that stand in patterns (pinned variables, attributes, map keys)."""

    def __init__(self, expand: Expand, lookup: Callable[[Node], Value]) -> None:
        self.expand, self.lookup = expand, lookup

    def all(self, patterns: tuple[Node, ...], values: tuple[Value, ...], bound: Bindings | None = None) -> Result:
        """Match each pattern with its value, from left to right."""
        verdict, bindings = Match.YES, dict(bound or {})
        for pattern, value in zip(patterns, values, strict=True):
            one, bindings = self.match(pattern, value, bindings)
            verdict = min(verdict, one)
            if verdict is Match.NO:
                break
        return verdict, bindings

    def match(self, pattern: Node, value: Value, bound: Bindings) -> Result:
        if isinstance(value, OneOf) and not isinstance(pattern, ast.Var):
            return self._one_of(pattern, value, bound)
        match pattern:
            case ast.Var(name=name):
                return self._variable(name, value, bound)
            case ast.Binary(op="=", left=left, right=right):
                first, bound = self.match(left, value, bound)
                second, bound = self.match(right, value, bound)
                return min(first, second), bound
            case ast.Binary(op="<>", left=left, right=right):
                return self._prefix(left, right, value, bound)
            case ast.Tuple(items=items):
                if isinstance(value, TupleValue):
                    if len(value.items) != len(items):
                        return Match.NO, bound
                    return self.all(items, value.items, bound)
                return self._shapeless(pattern, value, bound)
            case ast.List():
                return self._list(pattern, value, bound)
            case ast.Map():
                return self._map(pattern, value, bound)
            case ast.Literal() | ast.Text() | ast.Alias() | ast.Attribute() | ast.Unary():
                inner = pattern.operand if isinstance(pattern, ast.Unary) and pattern.op == "^" else pattern
                return compare(self.lookup(inner), value), bound
            case _:
                return self._shapeless(pattern, value, bound, sure_no=False)

    def _one_of(self, pattern: Node, value: OneOf, bound: Bindings) -> Result:
        results = [self.match(pattern, v, bound) for v in value.alternatives]
        possible = [b for verdict, b in results if verdict is not Match.NO]
        if not possible:
            return Match.NO, bound
        merged = possible[0]
        for other in possible[1:]:
            merged = {k: join(v, other[k]) for k, v in merged.items() if k in other}
        sure = all(verdict is Match.YES for verdict, _ in results)
        return (Match.YES if sure else Match.MAYBE), merged

    def _variable(self, name: str, value: Value, bound: Bindings) -> Result:
        if name == "_":
            return Match.YES, bound
        if name in bound:  # the same variable twice: both places must be equal
            return compare(bound[name], value), bound
        return Match.YES, {**bound, name: value}

    def _prefix(self, left: Node, right: Node, value: Value, bound: Bindings) -> Result:
        prefix = self.lookup(left)
        if isinstance(prefix, Known) and isinstance(prefix.value, str) and isinstance(value, Known):
            if not isinstance(value.value, str) or not value.value.startswith(prefix.value):
                return Match.NO, bound
            return self.match(right, Known(value.value[len(prefix.value) :]), bound)
        return self._shapeless(right, value, bound, sure_no=False)

    def _list(self, pattern: ast.List, value: Value, bound: Bindings) -> Result:
        if not isinstance(value, ListValue):
            return self._shapeless(pattern, value, bound)
        n = len(pattern.items)
        if len(value.items) < n or (pattern.tail is None and len(value.items) != n):
            return Match.NO, bound
        verdict, bound = self.all(pattern.items, value.items[:n], bound)
        if pattern.tail is None or verdict is Match.NO:
            return verdict, bound
        tail, bound = self.match(pattern.tail, ListValue(value.items[n:]), bound)
        return min(verdict, tail), bound

    def _map(self, pattern: ast.Map, value: Value, bound: Bindings) -> Result:
        if not isinstance(value, MapValue):
            if value.STRUCT:
                return self._struct(pattern, value, bound)
            if isinstance(value, Row):
                return self._row(pattern, value, bound)
            return self._shapeless(pattern, value, bound)
        verdict = Match.YES
        if isinstance(pattern.struct, ast.Alias):
            wanted = self.expand(pattern.struct)
            if value.struct is None:
                verdict = Match.MAYBE if value.open else Match.NO
            elif value.struct != wanted:
                verdict = Match.NO
        elif pattern.struct is not None:
            verdict = Match.MAYBE
        for key_node, inner in pattern.pairs:
            if verdict is Match.NO:
                break
            key = self.lookup(key_node)
            found = value.get(key)
            if isinstance(found, Unknown) and not (fully_known(key) and all(fully_known(k) for k, _ in value.pairs)):
                one, bound = self._shapeless(inner, found, bound, sure_no=False)
                verdict = min(verdict, Match.MAYBE)
            elif found is None:
                one, bound = self._shapeless(inner, Unknown("a map's other keys"), bound, sure_no=False)
                verdict = min(verdict, Match.MAYBE if value.open else Match.NO)
            else:
                one, bound = self.match(inner, found, bound)
                verdict = min(verdict, one)
        return verdict, bound

    def _struct(self, pattern: ast.Map, value: Value, bound: Bindings) -> Result:
        """A struct that is not held as a map: its name is known, its fields are not looked at."""
        if isinstance(pattern.struct, ast.Alias) and self.expand(pattern.struct) != value.STRUCT:
            return Match.NO, bound
        plain = not pattern.pairs and (pattern.struct is None or isinstance(pattern.struct, ast.Alias))
        if plain:
            return Match.YES, bound
        return Match.MAYBE, {**bound, **{name: Unknown("a struct's field") for name in variables(pattern)}}

    def _row(self, pattern: ast.Map, value: Row, bound: Bindings) -> Result:
        """A row is its schema's struct, with the fields the schema has."""
        verdict = Match.YES
        if isinstance(pattern.struct, ast.Alias):
            verdict = Match.YES if self.expand(pattern.struct) == value.read.struct else Match.NO
        elif pattern.struct is not None:
            verdict = Match.MAYBE
        for key_node, inner in pattern.pairs:
            key = self.lookup(key_node)
            name = key.value.name if isinstance(key, Known) and isinstance(key.value, Atom) else ""
            found = value.field(name)
            one, bound = self.match(inner, found or Unknown(value.origin), bound)
            verdict = min(verdict, one if found else Match.MAYBE)
        return verdict, bound

    def _shapeless(self, pattern: Node, value: Value, bound: Bindings, *, sure_no: bool = True) -> Result:
        """The value has no shape to take apart: bind the pattern's variables to unknowns."""
        if sure_no and not isinstance(value, _SHAPELESS):
            return Match.NO, bound
        why = origin((value,)) if isinstance(value, Unknown | Clock) else "a part of a value"
        return Match.MAYBE, {**bound, **{name: Unknown(why) for name in variables(pattern)}}


def compare(a: Value, b: Value) -> Match:
    """Whether two values are equal, as far as is known."""
    if isinstance(a, Between) or isinstance(b, Between):
        told = counts.compared("==", a, b)
        return Match.MAYBE if told is None else Match.YES if told.value else Match.NO
    if isinstance(a, _SHAPELESS) or isinstance(b, _SHAPELESS):
        return Match.MAYBE
    if isinstance(a, Known) and isinstance(b, Known):
        return Match.YES if a == b else Match.NO
    if isinstance(a, ModuleName) and isinstance(b, ModuleName):
        return Match.YES if a.name == b.name else Match.NO
    if type(a) is not type(b):
        return Match.NO
    same = equal(a, b)
    return Match.MAYBE if same is None else (Match.YES if same else Match.NO)


def variables(pattern: Node) -> Iterator[str]:
    """The names a pattern binds."""
    match pattern:
        case ast.Var(name=name):
            if name != "_":
                yield name
        case ast.Tuple(items=items):
            for item in items:
                yield from variables(item)
        case ast.List(items=items, tail=tail):
            for item in (*items, *((tail,) if tail else ())):
                yield from variables(item)
        case ast.Map(pairs=pairs, struct=struct):
            for _, value in pairs:
                yield from variables(value)
            if isinstance(struct, ast.Var):
                yield from variables(struct)
        case ast.Binary(op="=" | "<>", left=left, right=right):
            yield from variables(left)
            yield from variables(right)
        case ast.Binary(op="::", left=left):
            yield from variables(left)
        case ast.Opaque(children=children):
            for child in children:
                yield from variables(child)
        case _:
            return


def is_catch_all(pattern: Node) -> bool:
    """Whether a pattern is a bare variable."""
    return isinstance(pattern, ast.Var)


def exception_names(pattern: Node) -> tuple[str | None, tuple[str, ...] | None]:
    """A rescue pattern's variable, and the exceptions it names (None: all of them)."""
    match pattern:
        case ast.Var(name=name):
            return (None if name == "_" else name), None
        case ast.Binary(op="in", left=ast.Var(name=name), right=kinds):
            return (None if name == "_" else name), tuple(_aliases(kinds))
        case _:
            return None, tuple(_aliases(pattern))


def _aliases(node: Node) -> Iterator[str]:
    match node:
        case ast.Alias(name=name):
            yield name
        case ast.List(items=items):
            for item in items:
                yield from _aliases(item)
        case ast.Literal(value=Atom(name=name)):
            yield name
        case _:
            return
