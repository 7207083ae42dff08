"""Query expressions as Ecto holds them after its macros ran: fields of numbered bindings, pinned values with the type
they are cast to, literals (ecto lib/ecto/query/builder.ex, escape/5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cronlift.ecto.types import ANY, EctoType
from cronlift.elixir.values import Value

if TYPE_CHECKING:
    from cronlift.ecto.query import QueryValue


@dataclass(frozen=True, slots=True)
class Named:
    """A binding by its name: ``as(:x)``, or with ``parent`` ``parent_as(:x)``."""

    name: str
    parent: bool = False


Binding = int | Named


@dataclass(frozen=True, slots=True)
class FieldType:
    """The type of a binding's field, known once the query's sources are."""

    binding: Binding
    field: str


@dataclass(frozen=True, slots=True)
class Wrapped:
    """``in``: a list of the type; ``out``: an element of the type, which must be an array."""

    how: str
    type: EctoType | FieldType | Wrapped


TypeSpec = EctoType | FieldType | Wrapped


@dataclass(frozen=True, slots=True)
class Expr:
    pass


@dataclass(frozen=True, slots=True)
class FieldExpr(Expr):
    binding: Binding
    name: str


@dataclass(frozen=True, slots=True)
class Pin(Expr):
    """``^value``; ``not_nil`` where a comparison makes Ecto refuse nil."""

    value: Value
    type: TypeSpec = ANY
    not_nil: bool = False


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    """A value written in the query: number, string, boolean, nil, or an atom (by ``atom``), or a list of such."""

    value: Value
    type: TypeSpec = ANY


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """An operator or function of Ecto.Query.API; ``distinct`` for ``count(x, :distinct)``."""

    name: str
    args: tuple[Expr, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class ListExpr(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class TupleExpr(Expr):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Fragment(Expr):
    """Raw SQL and the expressions between; ``columns`` where it is a source that names them."""

    parts: tuple[str | Expr, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Raw(Expr):
    """Text that goes into a fragment as it is: ``constant/1``, or quoted: ``identifier/1``."""

    text: str


@dataclass(frozen=True, slots=True)
class SubqueryExpr(Expr):
    query: QueryValue


@dataclass(frozen=True, slots=True)
class Cast(Expr):
    """``type(expr, type)``."""

    inner: Expr
    type: TypeSpec


@dataclass(frozen=True, slots=True)
class JsonPath(Expr):
    field: FieldExpr
    path: tuple[str | int | FieldExpr, ...]


@dataclass(frozen=True, slots=True)
class Interval(Expr):
    """``datetime_add`` (``kind`` timestamp) or ``date_add`` (``kind`` date)."""

    kind: str
    base: Expr
    count: Expr
    unit: str


@dataclass(frozen=True, slots=True)
class Filter(Expr):
    aggregate: Expr
    condition: Expr


@dataclass(frozen=True, slots=True)
class Window:
    partition_by: tuple[Expr, ...] = ()
    order_by: tuple[tuple[str, Expr], ...] = ()
    frame: Fragment | None = None
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Over(Expr):
    aggregate: Expr
    window: Window | str


@dataclass(frozen=True, slots=True)
class SelectedAs(Expr):
    name: str
    inner: Expr | None = None


@dataclass(frozen=True, slots=True)
class Placed(Expr):
    """A pin whose column is known from where it stands: what an INSERT selects."""

    pin: Pin
    column: str | None
    where: str


# ── only in select ──
@dataclass(frozen=True, slots=True)
class Whole(Expr):
    """A whole source, or the ``fields`` that ``map/2``, ``struct/2`` or a list of atoms take of it. ``struct``: not
    certainly a map (a list of atoms takes a schema's struct, and a map of a source without schema)."""

    binding: Binding
    fields: tuple[str, ...] | None = None
    struct: bool = False


@dataclass(frozen=True, slots=True)
class MapExpr(Expr):
    """``%{k: v}``; ``base`` for ``%{x | k: v}``; ``plain``: a map whose keys are atoms (no struct, no text keys)."""

    pairs: tuple[tuple[str, Expr], ...]
    base: Expr | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Merge(Expr):
    left: Expr
    right: Expr
