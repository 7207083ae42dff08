"""From a query expression's source to its meaning (ecto lib/ecto/query/builder.ex, escape/5).

What Elixir evaluates inside of a query (pins, attributes, module names, subqueries) comes in as *slots*: the values
of the nodes that ``slots_of`` names, by the nodes' identity.
"""

from __future__ import annotations

from dataclasses import replace

from cronlift.ecto import expression as ex
from cronlift.ecto import fragments
from cronlift.ecto.bindings import bind, field_name, name_of
from cronlift.ecto.expression import Expr, TypeSpec, Wrapped
from cronlift.ecto.listed import Listed
from cronlift.ecto.query import DynamicValue, SubqueryValue, to_query
from cronlift.ecto.quoted_types import COMPARISONS, RANKS
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.slots import literal_value, slots_of
from cronlift.ecto.types import ANY, BOOLEAN, DATE, STRING, EctoType
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Binary, Clock, Known, ListValue, Unknown, Value

_ARITHMETIC = {"+", "-", "*", "/"}
_AGGREGATES = {"count", "avg", "sum", "min", "max"}
# ecto lib/ecto/query/window_api.ex: those that return what they are given.
_PICKS = {"first_value", "last_value", "nth_value", "lag", "lead"}
UNITS = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond")


class Escaper(Listed):
    """One macro call's expressions, against the bindings of the query they are for."""

    # ── expressions ──
    def pin(self, operand: Node, type_: TypeSpec, *, not_nil: bool = False) -> Expr:
        return self.pinned(self.slots.get(id(operand), Unknown("a value")), type_, not_nil=not_nil)

    def pinned(self, value: Value, type_: TypeSpec, *, not_nil: bool = False) -> Expr:
        match value:
            case DynamicValue():
                return self.expand(value)
            case SubqueryValue(query=query):
                return ex.SubqueryExpr(query)
            case _:
                return ex.Pin(value, type_, not_nil)

    def expand(self, dynamic: DynamicValue) -> Expr:
        """A dynamic expression in this query's bindings (ecto lib/ecto/query/builder/dynamic.ex)."""
        nodes = list(slots_of(dynamic.body))
        if dynamic.bindings is not None:
            nodes = [*slots_of(dynamic.bindings), *nodes]
        slots = dict(zip(map(id, nodes), dynamic.slots, strict=True))
        inner = Escaper(slots, bind(dynamic.bindings, self.query, slots), self.query, self.place)
        return inner.escape(dynamic.body, ANY)

    def escape(self, node: Node, type_: TypeSpec = ANY) -> Expr:
        """An expression that is expected to have ``type_``. Raises NoSqlError."""
        value = literal_value(node)
        if value is not None:
            return ex.Literal(value, type_)
        match node:
            case ast.Unary(op="^", operand=operand):
                return self.pin(operand, type_)
            case ast.Block(body=(inner,)):
                return self.escape(inner, type_)
            case ast.Attribute():
                return self._spliced(self.slots.get(id(node), Unknown("an attribute")), type_)
            case ast.Call(target=None, name=name):
                return self._call(node, name, type_)
            case ast.Call(target=target, name=name, args=()) if target is not None and not node.parens:
                return self.field(target, name)
            case ast.Binary():
                return self._binary(node, type_)
            case ast.Unary(op="not", operand=operand):
                return ex.Call("not", (self.escape(operand, BOOLEAN),))
            case ast.Unary(op="-", operand=operand):
                return ex.Call("negate", (self.escape(operand, type_),))
            case ast.Access():
                return self._access(node)
            case ast.List(items=items):
                return self._list(items, type_)
            case ast.Tuple(items=items):
                return ex.TupleExpr(tuple(self.escape(i) for i in items))
            case ast.Text():
                raise RaisesError("a string in a query interpolates a value: Ecto does not compile that")
            case _:
                raise NotKnownError("a part of the query is not understood")

    def _spliced(self, value: Value, type_: TypeSpec) -> Expr:
        """An attribute: its value stands in the query as if it were written there."""
        match value:
            case Known() | Binary():
                return ex.Literal(value, type_)
            case ListValue(items=items):
                if all(isinstance(i, Known) and isinstance(i.value, str | int | float) for i in items):
                    return ex.Literal(value, type_)
                inner = self._inner(type_)
                return ex.ListExpr(tuple(self._spliced(i, inner) for i in items))
            case _:
                raise NotKnownError("an attribute in the query is not known")

    def _inner(self, type_: TypeSpec) -> TypeSpec:
        if isinstance(type_, EctoType):
            return type_.inner or ANY
        if isinstance(type_, Wrapped) and type_.how == "array":
            return type_.type
        return ANY

    def _list(self, items: tuple[Node, ...], type_: TypeSpec) -> Expr:
        values = [literal_value(i) for i in items]
        if all(isinstance(v, Known) and isinstance(v.value, str | int | float) for v in values):
            return ex.Literal(ListValue(tuple(v for v in values if v is not None)), type_)
        inner = self._inner(type_)
        return ex.ListExpr(tuple(self.escape(i, inner) for i in items))

    def _binary(self, node: ast.Binary, type_: TypeSpec) -> Expr:
        left, right, op = node.left, node.right, node.op
        if op in ("and", "or"):
            return ex.Call(op, (self.escape(left, BOOLEAN), self.escape(right, BOOLEAN)))
        if op in COMPARISONS:
            return self._comparison(op, left, right)
        if op == "in":
            return self._in(left, right)
        if op == "not in":
            return ex.Call("not", (self._in(left, right),))
        if op in _ARITHMETIC:
            return ex.Call(op, (self.escape(left, type_), self.escape(right, type_)))
        raise RaisesError(f"`{op}` is no operator of a query")

    def _comparison(self, op: str, left: Node, right: Node) -> Expr:
        if any(isinstance(n, ast.Literal) and n.value is None for n in (left, right)):
            raise RaisesError("a query compares with nil, which Ecto forbids")
        sides = []
        for side, other in ((left, right), (right, left)):
            made = self.escape(side, self.quoted_type(other))
            sides.append(replace(made, not_nil=True) if isinstance(made, ex.Pin) else made)
        return ex.Call(op, tuple(sides))

    def _in(self, left: Node, right: Node) -> Expr:
        if isinstance(right, ast.List | ast.Attribute):
            kind = self.quoted_type(right)
            expected = kind.inner or ANY if isinstance(kind, EctoType) and kind.name == "array" else ANY
            first = self.escape(left, expected)
            second = self.escape(right, self._array(self.quoted_type(left)))
            if not (isinstance(second, ex.ListExpr) or isinstance(getattr(second, "value", None), ListValue)):
                raise RaisesError("the right side of `in` is not a list")
            return ex.Call("in", (first, second))
        first = self.escape(left, Wrapped("out", self.quoted_type(right)))
        second = self.escape(right, Wrapped("in", self.quoted_type(left)))
        return ex.Call("in", (first, second.inner if isinstance(second, ex.Cast) else second))

    def _access(self, node: ast.Access) -> Expr:
        """``field["a"]["b"]``."""
        path: list[str | int | ex.FieldExpr] = []
        inner: Node = node
        while isinstance(inner, ast.Access):
            path.insert(0, self._step(inner.key))
            inner = inner.value
        found = self.escape(inner)
        if not isinstance(found, ex.FieldExpr):
            raise RaisesError("a path into something that is no field")
        return ex.JsonPath(found, tuple(path))

    def _step(self, key: Node) -> str | int | ex.FieldExpr:
        if isinstance(key, ast.Unary) and key.op == "^":
            value: Value | None = self.slots.get(id(key.operand))
        elif isinstance(key, ast.Call):
            found = self.escape(key)
            if isinstance(found, ex.FieldExpr):
                return found
            value = None
        else:
            value = literal_value(key)
        if isinstance(value, Known) and isinstance(value.value, str | int) and not isinstance(value.value, bool):
            return value.value
        raise NotKnownError("a step of a path into JSON is not known")

    def _call(self, node: ast.Call, name: str, type_: TypeSpec) -> Expr:
        args = node.args
        match name, len(args):
            case "field", 2:
                return self.field(args[0], field_name(args[1], self.slots))
            case "type", 2:
                kind = self.type_of(args[1])
                return ex.Cast(self.escape(args[0], kind if isinstance(args[0], ast.Unary) else ANY), kind)
            case "fragment", n if n >= 1:
                return fragments.fragment(self, args)
            case "subquery", 1 | 2:
                return self._subquery(self.slots.get(id(node), Unknown("")))
            case "any" | "all" | "exists", 1:
                inner = self._subquery(self.slots.get(id(args[0]), Unknown("")))
                return ex.Call(name, (inner,))
            case "ago" | "from_now", 2:
                base = Clock("DateTime", (), 6, self.place)
                return self._interval("timestamp", ex.Pin(base, ANY), args[0], args[1], negate=name == "ago")
            case "datetime_add", 3:
                base_type = EctoType("any_datetime")
                return self._interval("timestamp", self.escape(args[0], base_type), args[1], args[2])
            case "date_add", 3:
                return self._interval("date", self.escape(args[0], DATE), args[1], args[2])
            case "json_extract_path", 2:
                return self._json_extract_path(args[0], args[1])
            case "is_nil", 1:
                return ex.Call(name, (self.escape(args[0]),))
            case "like" | "ilike", 2:
                return ex.Call(name, (self.escape(args[0], STRING), self.escape(args[1], STRING)))
            case "not", 1:
                return ex.Call(name, (self.escape(args[0], BOOLEAN),))
            case "coalesce", 2:
                return ex.Call(name, (self.escape(args[0], type_), self.escape(args[1], type_)))
            case "count", 2:
                if not (isinstance(args[1], ast.Literal) and args[1].value == Atom("distinct")):
                    raise RaisesError("count/2 takes :distinct and nothing else")
                return ex.Call(name, (self.escape(args[0], type_),), distinct=True)
            case "count", 0:
                return ex.Call(name, ())
            case _, 1 if name in _AGGREGATES:
                return ex.Call(name, (self.escape(args[0]),))
            case "filter", 2:
                return ex.Filter(self.escape(args[0], type_), self.escape(args[1], BOOLEAN))
            case "over", 1 | 2:
                return ex.Over(self._window_function(args[0], type_), self._over(args[1:]))
            case "selected_as", 1:
                return ex.SelectedAs(name_of(args[0], self.slots))
            case _ if name in RANKS or name in _PICKS:
                return self._window_function(node, type_)
        raise NotKnownError(f"{name}/{len(args)} in a query is not known: it may be a macro")

    def _window_function(self, node: Node, type_: TypeSpec) -> Expr:
        if isinstance(node, ast.Call) and node.target is None:
            if node.name in RANKS or node.name in _PICKS:
                return ex.Call(node.name, tuple(self.escape(a) for a in node.args))
            return self._call(node, node.name, type_)
        raise NotKnownError("a window function is not understood")

    def _subquery(self, value: Value) -> ex.SubqueryExpr:
        query = value.query if isinstance(value, SubqueryValue) else to_query(value)
        if query is None:
            raise NotKnownError("a subquery is not known")
        return ex.SubqueryExpr(query)

    def _json_extract_path(self, field: Node, path: Node) -> Expr:
        found = self.escape(field)
        if not isinstance(found, ex.FieldExpr):
            raise RaisesError("json_extract_path/2 takes a field")
        if isinstance(path, ast.List):
            return ex.JsonPath(found, tuple(self._step(s) for s in path.items))
        pinned = self._pinned_list(path)
        if pinned is None:
            raise NotKnownError("a path into JSON is not known")
        steps: list[str | int | ex.FieldExpr] = []
        for value in pinned:
            if not (isinstance(value, Known) and isinstance(value.value, str | int)):
                raise NotKnownError("a step of a path into JSON is not known")
            steps.append(value.value)
        return ex.JsonPath(found, tuple(steps))

    def _interval(self, kind: str, base: Expr, count: Node, unit: Node, *, negate: bool = False) -> Expr:
        unit_value: Value | None
        if isinstance(unit, ast.Unary) and unit.op == "^":
            unit_value = self.slots.get(id(unit.operand))
        else:
            unit_value = self.slots.get(id(unit)) if isinstance(unit, ast.Attribute) else literal_value(unit)
        if not (isinstance(unit_value, Known) and isinstance(unit_value.value, str)):
            raise NotKnownError("the unit of an interval is not known")
        if unit_value.value not in UNITS:
            raise RaisesError(f"{unit_value.value!r} is no unit of an interval")
        number = self.escape(count, EctoType("decimal"))
        if negate:
            number = _negated(number)
        return ex.Interval(kind, base, number, unit_value.value)


def _negated(number: Expr) -> Expr:
    match number:
        case ex.Literal(value=Known(value=int() | float() as n)):
            return replace(number, value=Known(-n))
        case ex.Pin(value=Known(value=int() | float() as n)):
            return replace(number, value=Known(-n))
        case ex.Pin():
            raise NotKnownError("the length of an interval is not known")
        case _:
            return ex.Call("negate", (number,))
