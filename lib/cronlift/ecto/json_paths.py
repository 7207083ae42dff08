"""Paths into JSON, and what they are compared with (ecto_sql lib/ecto/adapters/postgres/connection.ex:
json_extract_path, and the clauses of ``expr/3`` that compare one)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cronlift.ecto import expression as ex
from cronlift.ecto.expression import Expr
from cronlift.ecto.literals import json_text, string
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.elixir.values import Known, ListValue, MapValue

if TYPE_CHECKING:
    from cronlift.ecto.render import Expressions


Steps = tuple[str | int | ex.FieldExpr, ...]


def path(rendered: Expressions, field: ex.FieldExpr, steps: Steps) -> str:
    """The value at ``steps`` of a field that holds JSON."""
    _, kind, _, where = rendered.column(field.binding, field.name)
    if kind.name not in ("map", "any", "embed"):
        raise RaisesError(f"{where} is no map: Ecto refuses a path into it")
    if not steps:
        return rendered.expr(field)
    texts = [string(s) if isinstance(s, str) else str(s) if isinstance(s, int) else rendered.expr(s) for s in steps]
    return f"({rendered.expr(field)}#>array[{','.join(texts)}]::text[])"


def comparison(rendered: Expressions, op: str, left: ex.JsonPath, right: Expr) -> str:
    """A value in JSON compared with something; ``op`` is Elixir's operator."""
    last = left.path[-1] if left.path else None
    if isinstance(right, ex.Literal):
        value = right.value.value if isinstance(right.value, Known) else None
        if op == "==" and isinstance(last, str) and isinstance(value, str | int | bool):
            pair = json_text(MapValue(((Known(last), Known(value)),)))
            return f"({path(rendered, left.field, left.path[:-1])}@>{string(pair)})"
        raise RaisesError("a path into JSON is compared with a literal: PostgreSQL has no such operator for jsonb")
    if isinstance(right, ex.Pin):
        if right.value == Known(None):
            raise RaisesError("a query compares with a pinned nil, which Ecto forbids")
        plain = right.value if isinstance(right.value, Known | MapValue | ListValue) else None
        if plain is None:
            raise NotKnownError("what a path into JSON is compared with is not known", "parameter-unknown")
        sign = "=" if op == "==" else op
        return f"{rendered.paren(left)} {sign} {string(json_text(plain))}"
    raise NotKnownError("what a path into JSON is compared with is not followed")
