"""Pure functions of Elixir's standard library on values that are known; None where the result is not.

Each is named after the function it stands for (elixir lib/kernel.ex, string.ex, map.ex, keyword.ex, enum.ex,
list.ex, integer.ex). What is missing here is only less precise, never wrong: its result is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import (
    NIL,
    Binary,
    DecimalNumber,
    FreshUuid,
    Known,
    ListValue,
    MapValue,
    ModuleName,
    TupleValue,
    Unknown,
    Value,
    atom,
    equal,
    fully_known,
    keyword,
    keyword_items,
    truth,
)


def evaluate(module: str, name: str, args: tuple[Value, ...]) -> Value | None:
    """The result of ``module.name(args)`` where it can be told."""
    function = _FUNCTIONS.get((module, name))
    return function(*args) if function and len(args) in _ARITIES[(module, name)] else None


def text(value: Value) -> str | None:
    """``to_string/1`` of a known value."""
    match value:
        case Known(value=None):
            return ""
        case Known(value=bool(v)):
            return "true" if v else "false"
        case Known(value=Atom(name=name)):
            return name
        case Known(value=int() | str() as v):
            return str(v)
        case ModuleName(name=name):
            return f"Elixir.{name}"
        case _:
            return None


def inspected(value: Value) -> str:
    """A value as Elixir's ``inspect/1`` would show it, for messages; texts are left out, since they may be secrets."""
    match value:
        case Known(value=str()):
            return "a text"
        case Known(value=None):
            return "nil"
        case Known(value=Atom(name=name)):
            return f":{name}"
        case ListValue(items=items):
            return f"[{', '.join(map(inspected, items))}]"
        case TupleValue(items=items):
            return f"{{{', '.join(map(inspected, items))}}}"
        case ModuleName(name=name):
            return name
        case _:
            return text(value) or "a map"


def operator(op: str, left: Value, right: Value) -> Value | None:
    """A binary operator on known values."""
    if op == "<>":
        a, b = _string(left), _string(right)  # `<>` takes strings only
        return Known(a + b) if a is not None and b is not None else None
    if op in ("++", "--") and isinstance(left, ListValue) and isinstance(right, ListValue):
        if op == "++":
            return ListValue(left.items + right.items)
        return None
    if op in ("==", "!="):
        same = equal(left, right)
        return None if same is None else Known(same == (op == "=="))
    if op == "in" and isinstance(right, ListValue):
        # `in` is ===: where numbers are equal and of two kinds, it is not told here.
        found = [None if (same := equal(left, item)) and left != item else same for item in right.items]
        return None if None in found else Known(any(found))
    a_, b_ = _number(left), _number(right)
    if a_ is None or b_ is None:
        return None
    return _arithmetic(op, a_, b_)


def _arithmetic(op: str, a: int | float, b: int | float) -> Value | None:
    match op:
        case "+":
            return Known(a + b)
        case "-":
            return Known(a - b)
        case "*":
            return Known(a * b) if abs(a) < 1e15 and abs(b) < 1e15 else None
        case "/":
            return Known(a / b) if b else None
        case "<" | ">" | "<=" | ">=":
            results = {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}
            return Known(results[op])
    return None


def _number(value: Value) -> int | float | None:
    if isinstance(value, Known) and isinstance(value.value, int | float) and not isinstance(value.value, bool):
        return value.value
    return None


def _string(value: Value) -> str | None:
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def _on_string(change: Callable[[str], str]) -> Callable[[Value], Value | None]:
    def apply(value: Value) -> Value | None:
        s = _string(value)
        return None if s is None else Known(change(s))

    return apply


def _to_string(value: Value) -> Value | None:
    s = text(value)
    return None if s is None else Known(s)


def _to_integer(value: Value) -> Value | None:
    s = _string(value)
    return Known(int(s)) if s is not None and re.fullmatch(r"[+-]?[0-9]{1,4000}", s) else None


def _is(*types: type) -> Callable[[Value], Value | None]:
    """``is_integer`` and its like: atoms, booleans and nil are atoms to Elixir."""

    def check(value: Value) -> Value | None:
        match value:
            case Known(value=v):
                return Known(type(v) in types)
            case ModuleName():
                return Known(Atom in types)
            case TupleValue() | ListValue() | MapValue():
                return Known(type(value) in types)
            case Value() if value.STRUCT:  # a struct is a map
                return Known(MapValue in types)
            case _:
                return None

    return check


def _get(container: Value, key: Value, default: Value = NIL) -> Value | None:
    if isinstance(container, MapValue):
        if not fully_known(key) or not all(fully_known(k) for k, _ in container.pairs):
            return None
        found = container.get(key)
        return found if found is not None else (None if container.open else default)
    items = keyword_items(container)
    if items is not None and isinstance(key, Known) and isinstance(key.value, Atom):
        return items.get(key.value.name, default)
    return None


_ABSENT = Unknown("absent")


def _fetch_bang(container: Value, key: Value) -> Value | None:
    found = _get(container, key, _ABSENT)
    return None if found is _ABSENT else found


def _fetch(container: Value, key: Value) -> Value | None:
    found = _get(container, key, _ABSENT)
    if found is None:
        return None
    return atom("error") if found is _ABSENT else TupleValue((atom("ok"), found))


def _has_key(container: Value, key: Value) -> Value | None:
    found = _get(container, key, _ABSENT)
    return None if found is None else Known(found is not _ABSENT)


def _put(container: Value, key: Value, value: Value) -> Value | None:
    return container.put(key, value) if isinstance(container, MapValue) and fully_known(key) else None


def _join(items: Value, joiner: Value = Known("")) -> Value | None:  # noqa: B008 (a frozen constant)
    between = _string(joiner)
    texts = [text(i) for i in items.items] if isinstance(items, ListValue) else [None]
    if between is None or any(t is None for t in texts):
        return None
    return Known(between.join(t for t in texts if t is not None))


def _elem(items: Value, index: Value) -> Value | None:
    i = _number(index)
    if isinstance(items, TupleValue) and isinstance(i, int) and 0 <= i < len(items.items):
        return items.items[i]
    return None


def _length(items: Value) -> Value | None:
    return Known(len(items.items)) if isinstance(items, ListValue) else None


def _first(items: Value) -> Value | None:
    if isinstance(items, ListValue):
        return items.items[0] if items.items else NIL
    return None


def _wrap(value: Value) -> Value | None:
    match value:
        case ListValue():
            return value
        case Known(value=None):
            return ListValue(())
        case Unknown():
            return None
        case _:
            return ListValue((value,))


def _decimal(value: Value) -> Value | None:
    """``Decimal.new/1`` of a whole number or a string of digits (decimal lib/decimal.ex)."""
    match value:
        case DecimalNumber():
            return value
        case Known(value=int(number)) if not isinstance(number, bool):
            return DecimalNumber(str(number))
        case Known(value=str(text)) if re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
            return DecimalNumber(text.removeprefix("+"))
        case _:
            return None


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _dump_uuid(value: Value) -> Value | None:
    """``Ecto.UUID.dump!/1``: the 16 bytes (ecto lib/ecto/uuid.ex)."""
    s = _string(value)
    return Binary(s.replace("-", "").lower()) if s is not None and _UUID.fullmatch(s) else None


def _cast_uuid(value: Value) -> Value | None:
    s = _string(value)
    return Known(s.lower()) if s is not None and _UUID.fullmatch(s) else None


def fresh(module: str, name: str, place: str) -> Value | None:
    """What is made anew at every call, where there is a value for it: a UUID."""
    if module == "Ecto.UUID" and name in ("generate", "bingenerate"):
        return FreshUuid(name == "generate", place)
    return None


def binary(parts: tuple[Value, ...]) -> Value | None:
    """``<<0, 255>>``: bytes, where all of them are known."""
    numbers = [_number(p) for p in parts]
    if any(type(n) is not int or not 0 <= n < 256 for n in numbers):
        return None
    return Binary(bytes(n for n in numbers if type(n) is int).hex())


def _integers(compute: Callable[[int, int], int]) -> Callable[[Value, Value], Value | None]:
    def apply(left: Value, right: Value) -> Value | None:
        a, b = _number(left), _number(right)
        return Known(compute(a, b)) if isinstance(a, int) and isinstance(b, int) and b else None

    return apply


def _div(a: int, b: int) -> int:
    """Towards zero, as Elixir and SQL divide integers."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _merge(first: Value, second: Value) -> Value | None:
    """``Keyword.merge/2`` and ``Map.merge/2`` of what is wholly known as one."""
    if isinstance(first, MapValue) and isinstance(second, MapValue):
        if first.open or second.open or not all(fully_known(k) for k, _ in (*first.pairs, *second.pairs)):
            return None
        for key, value in second.pairs:
            first = first.put(key, value)
        return first
    left, right = keyword_items(first), keyword_items(second)
    if left is None or right is None:
        return None
    return keyword({**{k: v for k, v in left.items() if k not in right}, **right})


def _replace(text_: Value, pattern: Value, by: Value) -> Value | None:
    whole, part, new = _string(text_), _string(pattern), _string(by)
    return Known(whole.replace(part, new)) if whole is not None and part and new is not None else None


def _not(value: Value) -> Value | None:
    known = truth(value)
    return None if known is None else Known(not known)


_FUNCTIONS: dict[tuple[str, str], Callable[..., Value | None]] = {
    ("Decimal", "new"): _decimal,
    ("Ecto.UUID", "dump!"): _dump_uuid,
    ("Ecto.UUID", "cast!"): _cast_uuid,
    ("Kernel", "to_string"): _to_string,
    ("Kernel", "elem"): _elem,
    ("Kernel", "length"): _length,
    ("Kernel", "is_nil"): lambda v: Known(v == NIL) if fully_known(v) else None,
    ("Kernel", "is_binary"): _is(str),
    ("Kernel", "is_integer"): _is(int),
    ("Kernel", "is_float"): _is(float),
    ("Kernel", "is_number"): _is(int, float),
    ("Kernel", "is_boolean"): _is(bool),
    ("Kernel", "is_atom"): _is(Atom, bool, type(None)),
    ("Kernel", "is_list"): _is(ListValue),
    ("Kernel", "is_map"): _is(MapValue),
    ("Kernel", "is_tuple"): _is(TupleValue),
    ("Kernel", "not"): _not,
    ("Kernel", "div"): _integers(_div),
    ("Kernel", "rem"): _integers(lambda a, b: a - b * _div(a, b)),
    ("Keyword", "merge"): _merge,
    ("Map", "merge"): _merge,
    ("String", "replace"): _replace,
    ("String", "trim"): _on_string(str.strip),
    ("String", "upcase"): _on_string(str.upper),
    ("String", "downcase"): _on_string(str.lower),
    ("String", "to_integer"): _to_integer,
    ("Integer", "to_string"): _to_string,
    ("Atom", "to_string"): _to_string,
    ("Map", "get"): _get,
    ("Map", "fetch!"): _fetch_bang,
    ("Map", "fetch"): _fetch,
    ("Map", "has_key?"): _has_key,
    ("Map", "put"): _put,
    ("Keyword", "get"): _get,
    ("Keyword", "fetch!"): _fetch_bang,
    ("Keyword", "fetch"): _fetch,
    ("Keyword", "has_key?"): _has_key,
    ("Enum", "join"): _join,
    ("Enum", "count"): _length,
    ("List", "first"): _first,
    ("List", "wrap"): _wrap,
}
_ARITIES: dict[tuple[str, str], tuple[int, ...]] = {
    key: {"get": (2, 3), "join": (1, 2), "put": (3,), "replace": (3,)}.get(key[1], (1,)) for key in _FUNCTIONS
} | {key: (2,) for key in _FUNCTIONS if key[1] in ("elem", "fetch", "fetch!", "has_key?", "div", "rem", "merge")}
