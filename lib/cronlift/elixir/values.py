"""What an expression is known to be: a value, one of a few values, or unknown with the reason why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from cronlift.elixir import syntax as ast
from cronlift.elixir.immutable import immutable
from cronlift.elixir.syntax import Atom

_MAX_ALTERNATIVES = 6


class Value:
    """``STRUCT`` names the struct that a value is in Elixir, where it is not held as a map here."""

    __slots__ = ()
    STRUCT: ClassVar[str] = ""


@immutable
class Known(Value):
    """A number, string, boolean, nil or atom."""

    value: int | float | bool | str | Atom | None

    def __eq__(self, other: object) -> bool:  # 1, 1.0 and true are three values in Elixir
        return isinstance(other, Known) and type(other.value) is type(self.value) and other.value == self.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@immutable
class ModuleName(Value):
    name: str


@immutable
class TupleValue(Value):
    items: tuple[Value, ...]


@immutable
class ListValue(Value):
    items: tuple[Value, ...]


@immutable
class MapValue(Value):
    """A map; ``open`` says that it may have further keys, ``struct`` names its struct."""

    pairs: tuple[tuple[Value, Value], ...]
    struct: str | None = None
    open: bool = False

    def get(self, key: Value) -> Value | None:
        """The value of a key; unknown where the key, or one of the map's, is not known."""
        if not fully_known(key) or not all(fully_known(k) for k, _ in self.pairs):
            return Unknown("a map with a key that is not known")
        return next((v for k, v in self.pairs if k == key), None)

    def put(self, key: Value, value: Value) -> MapValue:
        rest = tuple((k, v) for k, v in self.pairs if k != key)
        return MapValue((*rest, (key, value)), self.struct, self.open)


@immutable
class Function(Value):
    """An anonymous function with the variables it closed over, or a captured ``module.name/arity``
    (``local``: captured without a module, so that imports and Kernel count too)."""

    clauses: tuple[ast.Clause, ...] = ()
    module: str = ""
    name: str = ""
    arity: int = -1
    env: tuple[tuple[str, Value], ...] = ()
    capture: ast.Node | None = None
    local: bool = False


ClockType = Literal["DateTime", "NaiveDateTime", "Date", "unix"]
FixedType = Literal["DateTime", "NaiveDateTime", "Date", "Time"]


@immutable
class ClockStep:
    """One thing done to an instant: ``shift`` by ``amount`` microseconds, ``months`` by ``amount`` calendar months (a
    day that the month lacks becomes its last one), ``floor`` to the beginning of ``unit``."""

    op: Literal["shift", "months", "floor"]
    amount: int = 0
    unit: str = ""


@immutable
class Clock(Value):
    """The run's own clock in UTC, read at ``read`` (file:line), with ``steps`` done to it in order.

    ``precision``: digits of a second it may have (a Unix time: those of its unit). See clock.py and clock_sql.py.
    """

    type: ClockType
    steps: tuple[ClockStep, ...]
    precision: int
    read: str


@immutable
class Fixed(Value):
    """A literal date or time (``~D``, ``~T``, ``~N``, ``~U``): its ISO text as written."""

    type: FixedType
    text: str


@immutable
class DecimalNumber(Value):
    """``%Decimal{}``: its digits, as PostgreSQL's numeric reads them."""

    STRUCT: ClassVar[str] = "Decimal"
    text: str


@immutable
class Binary(Value):
    """Bytes that are no text (``<<0, 255>>``, a dumped UUID), in hexadecimal."""

    hex: str


@immutable
class FreshUuid(Value):
    """A UUID made while the job runs, at ``read`` (file:line): as ``text`` or as its 16 bytes."""

    text: bool
    read: str


@immutable
class Typed(Value):
    """A parameter whose type in the database is known beforehand, by its name there."""

    value: Value
    type: str


@immutable
class Unknown(Value):
    """Not known; ``origin`` says what it depends on (``row data``, ``configuration``, ``the clock``, …)."""

    origin: str


@immutable
class OneOf(Value):
    alternatives: tuple[Value, ...]


NIL = Known(None)
TRUE = Known(True)
FALSE = Known(False)
OK = Known(Atom("ok"))
ERROR = Known(Atom("error"))


def atom(name: str) -> Known:
    return Known(Atom(name))


def alternatives(value: Value) -> tuple[Value, ...]:
    """The value's alternatives: itself, unless it is one of several."""
    return value.alternatives if isinstance(value, OneOf) else (value,)


def join(a: Value, b: Value) -> Value:
    """What is known when the value is either ``a`` or ``b``."""
    if a == b:
        return a
    distinct = tuple(dict.fromkeys((*alternatives(a), *alternatives(b))))
    unknown = next((v for v in distinct if isinstance(v, Unknown)), None)
    if unknown is not None:
        # One that remembers where it comes from (rows.py) would say too much: the value may be the other one.
        return Unknown(unknown.origin)
    if len(distinct) > _MAX_ALTERNATIVES:
        return Unknown("several possible values")
    return OneOf(distinct)


def truth(value: Value) -> bool | None:
    """Elixir's truth of a value: only nil and false are false; None where it is not known."""
    match value:
        case Known(value=v):
            return v is not None and v is not False
        case Unknown():
            return None
        case OneOf(alternatives=all_of):
            truths = {truth(v) for v in all_of}
            return truths.pop() if len(truths) == 1 else None
        case _:
            return True


def fully_known(value: Value) -> bool:
    """Whether no part of the value is unknown."""
    match value:
        case Known() | ModuleName():
            return True
        case TupleValue(items=items) | ListValue(items=items):
            return all(map(fully_known, items))
        case MapValue(pairs=pairs, open=open_):
            return not open_ and all(fully_known(k) and fully_known(v) for k, v in pairs)
        case _:
            return False


def equal(a: Value, b: Value) -> bool | None:
    """``a == b``, None where it cannot be told: 1 == 1.0, and the order of a map's keys does not count."""
    if not (fully_known(a) and fully_known(b)):
        return None
    return _plain(a) == _plain(b)


def _plain(value: Value) -> object:
    """A known value in a form that Python compares as Elixir does."""
    match value:
        case Known(value=bool() | None | Atom() as v):
            return (
                "atom",
                {True: "true", False: "false", None: "nil"}.get(v, v) if not isinstance(v, Atom) else v.name,
            )
        case Known(value=v):
            return v
        case ModuleName(name=name):
            return ("atom", f"Elixir.{name}")
        case TupleValue(items=items):
            return ("tuple", tuple(map(_plain, items)))
        case ListValue(items=items):
            return ("list", tuple(map(_plain, items)))
        case MapValue(pairs=pairs, struct=struct):
            return ("map", struct, frozenset((_plain(k), _plain(v)) for k, v in pairs))
        case _:
            return value


def origin(values: Iterable[Value]) -> str:
    """What a result depends on that is not known, from the values it was made of."""
    for value in values:
        if isinstance(value, Unknown):
            return value.origin
        if isinstance(value, Clock):
            return "the clock"
    return "a computed value"


def keyword(pairs: dict[str, Value]) -> ListValue:
    return ListValue(tuple(TupleValue((atom(k), v)) for k, v in pairs.items()))


def keyword_items(value: Value) -> dict[str, Value] | None:
    """A keyword list as a dict (first of equal keys wins); None where it is not wholly known as one."""
    if not isinstance(value, ListValue):
        return None
    found: dict[str, Value] = {}
    for item in value.items:
        match item:
            case TupleValue(items=(Known(value=Atom(name=name)), inner)):
                found.setdefault(name, inner)
            case _:
                return None
    return found


def from_json_like(value: object) -> Value:
    """Plain Python data (as in a job's args, after JSON) as a value; map keys become strings."""
    match value:
        case dict():
            return MapValue(tuple((Known(str(k)), from_json_like(v)) for k, v in value.items()))
        case list():
            return ListValue(tuple(from_json_like(v) for v in value))
        case int() | float() | bool() | str() | None:
            return Known(value)
        case _:
            return Unknown("job arguments")


def to_json_like(value: Value) -> object:
    """The value as it comes back from JSON. Raises ValueError where some of it is not known."""
    match value:
        case Known(value=Atom(name=name)):
            return name
        case Known(value=v):
            return v
        case ModuleName(name=name):
            return f"Elixir.{name}"
        case ListValue(items=items):
            return [to_json_like(i) for i in items]
        case MapValue(pairs=pairs, struct=None, open=False):
            return {str(to_json_like(k)): to_json_like(v) for k, v in pairs}
        case _:
            raise ValueError("not known")
