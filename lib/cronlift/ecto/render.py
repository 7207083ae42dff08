"""Query expressions as the Postgres adapter writes them (ecto_sql lib/ecto/adapters/postgres/connection.ex, expr/3),
after what the planner does to them (ecto lib/ecto/query/planner.ex, prewalk/6): field names to columns, pins cast and
literals dumped to the types of the fields they meet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cronlift.ecto import expression as ex
from cronlift.ecto import intervals, json_paths
from cronlift.ecto.casting import cast, dump
from cronlift.ecto.expression import Expr, FieldType, TypeSpec, Wrapped
from cronlift.ecto.fragments import quoted
from cronlift.ecto.literals import Writer, natural, plain, string
from cronlift.ecto.quoted_types import COMPARISONS
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.sources import Plan, Planned
from cronlift.ecto.types import ANY, EctoType, array_of, cast_name
from cronlift.elixir import clock_sql
from cronlift.elixir.rows import Rows, never_nil, pinned_type
from cronlift.elixir.values import Clock, Fixed, Known, ListValue

if TYPE_CHECKING:
    from cronlift.ecto.statement import Rendering

_BINARY = {**{op: op for op in (*COMPARISONS, "+", "-", "*", "/")}, "==": "=", "and": "AND", "or": "OR", "like": "LIKE",
           "ilike": "ILIKE"}  # fmt: skip
_ARITHMETIC = ("+", "-", "*", "/")
_SELECT = re.compile(r"\s*select\s", re.IGNORECASE)
_WHOLE = ("smallint", "integer", "bigint", "int2", "int4", "int8")


class Expressions:
    """Renders expressions of one planned query."""

    def __init__(self, rendering: Rendering, plan: Plan, parent: Expressions | None) -> None:
        self.rendering, self.plan, self.parent = rendering, plan, parent

    @property
    def writer(self) -> Writer:
        return self.rendering.writer

    # ── sources, fields, types ──
    def source(self, binding: ex.Binding) -> Planned:
        if isinstance(binding, int):
            return self.plan.source(binding)
        if not binding.parent:
            index = self.plan.query.alias(binding.name)
            if index is None:
                raise RaisesError(f"the query has no binding named {binding.name}")
            return self.plan.source(index)
        at = self.parent
        while at is not None:
            index = at.plan.query.alias(binding.name)
            if index is not None:
                return at.plan.source(index)
            at = at.parent
        raise RaisesError(f"no outer query has a binding named {binding.name}")

    def column(self, binding: ex.Binding, name: str) -> tuple[str, EctoType, str | None, str]:
        """A field's column, Ecto's type of it, PostgreSQL's where it is known, and its name for messages."""
        source = self.source(binding)
        if source.kind in ("subquery", "values"):
            if name not in source.columns:
                raise RaisesError(f"a subquery has no field {name}")
            kind, type_ = source.columns[name]
            return name, kind, type_, name
        found = source.field(name)
        column = found.source if found else name
        type_ = None
        if source.kind == "table" and source.table not in self.plan.cte_names:
            known = self.rendering.tables.column(source.prefix, source.table, column)
            table = self.rendering.tables.get(source.prefix, source.table)
            type_ = known.type if known else None
            if found is None and table is not None and not table.unsure and known is None:
                raise RaisesError(f"the table {source.table} has no column {column}")
        return column, found.type if found else ANY, type_, f"{source.table or 'the source'}.{column}"

    def resolve(self, spec: TypeSpec) -> tuple[EctoType, str | None, str]:
        """A type as it is once the sources are known, with the column's type and name."""
        match spec:
            case EctoType():
                return spec, None, ""
            case FieldType(binding=binding, field=name):
                _, kind, type_, where = self.column(binding, name)
                return kind, type_, where
            case Wrapped(how="out", type=inner):
                kind, _, where = self.resolve(inner)
                if kind.name == "array" and kind.inner is not None:
                    return kind.inner, None, where
                if kind.name == "any":
                    return ANY, None, where
                raise RaisesError(f"{where or 'a value'} is no array")
            case Wrapped(type=inner):
                kind, type_, where = self.resolve(inner)
                return array_of(kind), type_, where
        raise NotKnownError("a type in the query is not known")

    def qualified(self, binding: ex.Binding, name: str) -> str:
        return f"{self.source(binding).alias}.{quoted(self.column(binding, name)[0])}"

    # ── expressions ──
    def expr(self, node: Expr) -> str:
        match node:
            case ex.FieldExpr(binding=binding, name=name):
                return self.qualified(binding, name)
            case ex.Pin():
                return self.pin(node)
            case ex.Placed(pin=pin, column=column, where=where):
                return self.writer.write(cast(pin.value, ANY), ANY, column, where)
            case ex.Literal():
                return self.literal(node)
            case ex.Call():
                return self.call(node)
            case ex.ListExpr(items=items):
                return f"ARRAY[{','.join(map(self.expr, items))}]" if items else "'{}'"
            case ex.TupleExpr(items=items):
                return f"({','.join(map(self.expr, items))})"
            case ex.Fragment():
                return self.fragment(node)
            case ex.Raw(text=text):
                return text
            case ex.SubqueryExpr(query=query):
                return self.rendering.subquery(query, self, source=False)[0]
            case ex.Cast():
                return self.cast(node)
            case ex.JsonPath():
                return json_paths.path(self, node.field, node.path)
            case ex.Interval():
                return intervals.interval(self, node)
            case ex.Filter(aggregate=aggregate, condition=condition):
                return f"{self.expr(aggregate)} FILTER (WHERE {self.expr(condition)})"
            case ex.Over(aggregate=aggregate, window=window):
                named = quoted(self._window_name(window)) if isinstance(window, str) else self.window(window)
                return f"{self.expr(aggregate)} OVER {named}"
            case ex.SelectedAs(name=name, inner=None):
                return quoted(name)
            case ex.SelectedAs(inner=inner) if inner is not None:
                return self.expr(inner)
        raise RaisesError("the query holds something that is no expression of SQL")

    def _window_name(self, name: str) -> str:
        if name not in dict(self.plan.query.windows):
            raise RaisesError(f"the query has no window {name}")
        return name

    def paren(self, node: Expr) -> str:
        """The expression, in parentheses where it is an operator (maybe_paren/3)."""
        text = self.expr(node)
        operator = isinstance(node, ex.Call) and (node.name in _BINARY or node.name == "is_nil")
        return f"({text})" if operator else text

    def condition(self, node: Expr) -> str:
        """A condition: a bare field must be a boolean."""
        if isinstance(node, ex.FieldExpr):
            _, kind, _, where = self.column(node.binding, node.name)
            if kind.name not in ("boolean", "any", "custom"):
                raise RaisesError(f"{where} stands as a condition and is no boolean")
        return self.expr(node)

    def pin(self, node: ex.Pin) -> str:
        kind, column, where = self.resolve(node.type)
        if node.not_nil and node.value == Known(None):
            raise RaisesError("a query compares with a pinned nil, which Ecto forbids")
        if (own := pinned_type(node.value)) is not None:
            return self._of_a_row(node, kind, own, where)
        sent = cast(node.value, kind)
        if isinstance(sent, float) and column in ("real", "float4"):
            return string(repr(sent))
        return self.writer.write(sent, kind, column, where)

    def _of_a_row(self, node: ex.Pin, kind: EctoType, own: object, where: str) -> str:
        """What a row holds goes into a statement as a parameter; it is of its own field's type already."""
        wanted = kind.inner if isinstance(node.value, Rows) else kind
        if wanted != own:
            raise NotKnownError(f"{where} is compared with a row's field of another type", "parameter-unknown")
        if node.not_nil and not never_nil(node.value):
            raise NotKnownError(
                f"{where} is compared with a row's field that may be nil, for which Ecto raises", "parameter-unknown"
            )
        return self.writer.parameter(node.value)

    def literal(self, node: ex.Literal) -> str:
        value = node.value
        if value == Known(None):
            return "NULL"
        kind, column, where = self.resolve(node.type)
        written_as = natural(value)
        if isinstance(value, ListValue):
            items = self._dumped(node)
            return f"ARRAY[{','.join(items)}]" if items else "'{}'"
        if kind.name == "any" or kind.name == written_as:
            return plain(value)
        if isinstance(node.type, EctoType):
            name = cast_name(kind)
            if name is None:
                raise RaisesError(f"a literal cannot be of type {kind}")
            return f"{plain(value)}::{name}"
        sent = dump(value, kind)
        if kind.name in ("uuid", "binary_id", "binary"):
            raise RaisesError(f"a literal for {where} must be pinned: Ecto refuses it")
        return self.writer.write(sent, kind, column, where)

    def _dumped(self, node: ex.Literal) -> list[str]:
        """The elements of a literal list, dumped to the type of the elements."""
        assert isinstance(node.value, ListValue)
        kind, _, where = self.resolve(node.type)
        inner = kind.inner or ANY
        if inner.name in ("uuid", "binary_id", "binary"):
            raise RaisesError(f"literals for {where} must be pinned: Ecto refuses them")
        out = []
        for item in node.value.items:
            if inner.name == "any" or inner.name == natural(item):
                out.append(plain(item))
            else:
                out.append(self.writer.write(dump(item, inner), inner, None, where))
        return out

    def call(self, node: ex.Call) -> str:
        name, args = node.name, node.args
        if name == "in":
            return self.is_in(*args)
        if name == "is_nil":
            return f"{self.expr(args[0])} IS NULL"
        if name == "not":
            return f"NOT ({self.condition(args[0])})"
        if name == "negate":
            return f"-({self.expr(args[0])})"
        if name == "count" and not args:
            return "count(*)"
        if name in _BINARY and len(args) == 2:
            return self.binary(name, args[0], args[1])
        distinct = "DISTINCT " if node.distinct else ""
        return f"{name}({distinct}{', '.join(map(self.expr, args))})"

    def binary(self, op: str, left: Expr, right: Expr) -> str:
        if op in ("and", "or"):
            sides = [f"({self.condition(s)})" if _operator(s) else self.condition(s) for s in (left, right)]
            return f"{sides[0]} {_BINARY[op]} {sides[1]}"
        if op in COMPARISONS:
            self._same_zone(left, right)
            if isinstance(left, ex.JsonPath):
                return json_paths.comparison(self, op, left, right)
            if isinstance(right, ex.JsonPath):
                raise NotKnownError("a value compared with a path into JSON on its right is not followed")
        if op in _ARITHMETIC:
            for side, other in ((left, right), (right, left)):
                self._check_operand(side, other)
        return f"{self.paren(left)} {_BINARY[op]} {self.paren(right)}"

    def _check_operand(self, side: Expr, other: Expr) -> None:
        """A pinned number in arithmetic is of the type of the other operand: a float beside an integer fails."""
        if isinstance(side, ex.Pin):
            kind = self.type_of(other)
            value = side.value.value if isinstance(side.value, Known) else None
            if isinstance(value, float) and (kind is None or kind in _WHOLE):
                raise NotKnownError(
                    "a pinned fraction in arithmetic takes the other operand's type, which is not known"
                )

    def type_of(self, node: Expr) -> str | None:
        """PostgreSQL's type of an expression, as far as it is known: of columns and numbers."""
        match node:
            case ex.FieldExpr(binding=binding, name=name):
                return self.column(binding, name)[2]
            case ex.Literal(value=Known(value=float())):
                return "double precision"
            case ex.Literal(value=Known(value=int())):
                return "integer"
            case ex.Cast(type=spec):
                return cast_name(self.resolve(spec)[0])
            case ex.Interval(kind=kind):
                return kind
            case ex.Call(name="min" | "max" | "coalesce", args=(first, *_)):
                return self.type_of(first)
            case _:
                return None

    def _same_zone(self, left: Expr, right: Expr) -> None:
        """timestamp against timestamptz means something else in every session's time zone."""
        kinds = {clock_sql.type_name(t) for t in (self.type_of(left), self.type_of(right)) if t}
        if "timestamptz" in kinds and kinds & {"timestamp", "date"}:
            self.rendering.zone_doubt(
                "a timestamp is compared with a timestamptz: what that means depends on the session's time zone"
            )
        for side, other in ((left, right), (right, left)):
            computed = isinstance(side, ex.Interval) and side.kind == "timestamp"
            if computed and isinstance(other, ex.FieldExpr) and self.type_of(other) is None:
                where = self.column(other.binding, other.name)[3]
                raise NotKnownError(
                    f"the type of {where} is not known: an instant computed in the query is a timestamp, and "
                    "beside a timestamptz its meaning depends on the session's time zone",
                    "column-type-unknown",
                )

    def is_in(self, left: Expr, right: Expr) -> str:
        match right:
            case ex.Literal(value=ListValue(items=())) | ex.ListExpr(items=()):
                return "false"
            case ex.Literal(value=ListValue()):
                return f"{self.expr(left)} IN ({','.join(self._dumped(right))})"
            case ex.ListExpr(items=items):
                return f"{self.expr(left)} IN ({','.join(map(self.expr, items))})"
            case ex.SubqueryExpr(query=query):
                text, columns = self.rendering.subquery(query, self, source=False)
                if columns != 1:
                    raise RaisesError("a subquery on the right of `in` must return one field")
                return f"{self.expr(left)} IN {text}"
            case ex.Pin(value=ListValue() | Known()):
                if not isinstance(right.value, ListValue):
                    raise RaisesError("the right side of `in` is not a list")
                return f"{self.expr(left)} = ANY({self.expr(right)})"
            case _:
                return f"{self.expr(left)} = ANY({self.expr(right)})"

    # ── the rest ──
    def cast(self, node: ex.Cast) -> str:
        kind, _, where = self.resolve(node.type)
        name = cast_name(kind)
        if name is None:
            raise NotKnownError(f"type/2 with {kind} is not followed", "custom-type")
        if isinstance(node.inner, ex.Pin):
            sent = cast(node.inner.value, kind)
            if isinstance(sent, Clock | Fixed):
                return f"{self.writer.write(sent, kind, name, where)}::{name}"
            return f"{self.writer.write(sent, kind, None, where)}::{name}"
        if clock_sql.type_name(self.type_of(node.inner) or "") == "timestamptz" and name != "timestamptz":
            self.rendering.zone_doubt("a timestamptz is cast: what comes of it depends on the session's time zone")
        if isinstance(node.inner, ex.FieldExpr) and name in ("date", "timestamp", "time"):
            _, own, type_, place = self.column(node.inner.binding, node.inner.name)
            if type_ is None and own.name.startswith("utc_datetime"):
                raise NotKnownError(f"the type of {place} is not known", "column-type-unknown")
        return f"{self.paren(node.inner)}::{name}"

    def window(self, window: ex.Window) -> str:
        parts = []
        for key in window.order:
            if key == "partition_by":
                parts.append(f"PARTITION BY {', '.join(map(self.expr, window.partition_by))}")
            elif key == "order_by":
                parts.append(f"ORDER BY {', '.join(map(self.ordered, window.order_by))}")
            elif window.frame is not None:
                parts.append(self.fragment(window.frame))
        return f"({' '.join(parts)})"

    def ordered(self, pair: tuple[str, Expr]) -> str:
        direction, node = pair
        words = direction.upper().replace("_NULLS", " NULLS").replace("LAST", "LAST").replace("_", " ")
        return self.expr(node) if direction == "asc" else f"{self.expr(node)} {words}"

    def fragment(self, node: ex.Fragment) -> str:
        self.rendering.fragments = True
        text = "".join(p if isinstance(p, str) else self.paren(p) for p in node.parts)
        first = node.parts[0] if node.parts else ""
        return f"({text})" if isinstance(first, str) and _SELECT.match(first) else text


def _operator(node: Expr) -> bool:
    return isinstance(node, ex.Call) and (node.name in _BINARY or node.name == "is_nil")
