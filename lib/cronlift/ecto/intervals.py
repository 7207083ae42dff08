"""``ago``, ``from_now``, ``datetime_add`` and ``date_add`` (ecto_sql lib/ecto/adapters/postgres/connection.ex,
interval/3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cronlift.ecto import expression as ex
from cronlift.ecto.casting import cast
from cronlift.ecto.refusals import NotKnownError
from cronlift.ecto.types import EctoType
from cronlift.elixir import clock_sql
from cronlift.elixir.values import DecimalNumber, Known

if TYPE_CHECKING:
    from cronlift.ecto.render import Expressions


def interval(rendered: Expressions, node: ex.Interval) -> str:
    """An instant or date moved by a length of time."""
    base = _base(rendered, node)
    typed = base if isinstance(node.base, ex.Cast) else f"{base}::{node.kind}"
    moved = f"{typed} {_length(rendered, node)}"
    return f"({moved})::date" if node.kind == "date" else moved


def _base(rendered: Expressions, node: ex.Interval) -> str:
    base = node.base
    if isinstance(base, ex.Pin):
        kind = EctoType("date") if node.kind == "date" else EctoType("any_datetime")
        sent = cast(base.value, kind)
        return rendered.writer.write(sent, kind, node.kind, "an interval's base")
    found = clock_sql.type_name(rendered.type_of(base) or "")
    if isinstance(base, ex.FieldExpr):
        _, own, type_, where = rendered.column(base.binding, base.name)
        if type_ is None and not own.name.startswith(("naive", "date")):
            raise NotKnownError(f"the type of {where} is not known", "column-type-unknown")
    if found == "timestamptz":
        rendered.rendering.zone_doubt("a timestamptz is taken for a timestamp: that depends on the session's time zone")
    return rendered.paren(base)


def _length(rendered: Expressions, node: ex.Interval) -> str:
    count = node.count
    value = count.value if isinstance(count, ex.Literal | ex.Pin) else None
    number = value.value if isinstance(value, Known) else None
    if isinstance(value, DecimalNumber) and value.text.lstrip("-").isdigit():
        number = int(value.text)
    if isinstance(number, int) and not isinstance(number, bool):
        sign = "-" if number < 0 else "+"
        return f"{sign} interval '{abs(number)} {node.unit}'"
    if isinstance(count, ex.Pin | ex.Literal) and not isinstance(number, float):
        sent = cast(count.value, EctoType("decimal"))
        return f"+ ({rendered.writer.write(sent, EctoType('decimal'), None, '')}::numeric * interval '1 {node.unit}')"
    if isinstance(number, float):
        return f"+ ({number!r}::numeric * interval '1 {node.unit}')"
    return f"+ ({rendered.expr(count)}::numeric * interval '1 {node.unit}')"
