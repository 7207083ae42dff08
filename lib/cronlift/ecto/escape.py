"""From a query expression's source to its meaning (ecto lib/ecto/query/builder.ex, escape/5 and quoted_type/2).

What Elixir evaluates inside of a query (pins, attributes, module names, subqueries) comes in as *slots*: the values
of the nodes that ``slots_of`` names, by the nodes' identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cronlift.ecto import expression as ex
from cronlift.ecto.bindings import Slots, bind, field_name, name_of
from cronlift.ecto.expression import Binding, Expr, FieldType, Named, TypeSpec, Wrapped
from cronlift.ecto.query import DynamicValue, QueryValue, SubqueryValue, to_query
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.types import ANY, BOOLEAN, DATE, INTEGER, NAIVE_DATETIME, STRING, EctoType, array_of, read_type
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Binary, Clock, Known, ListValue, MapValue, Unknown, Value

COMPARISONS = {"==", "!=", "<=", ">=", "<", ">"}
_ARITHMETIC = {"+", "-", "*", "/"}
_AGGREGATES = {"count", "avg", "sum", "min", "max"}
# ecto lib/ecto/query/window_api.ex; those that return a number, and those that return what they are given.
_RANKS = {"row_number": 0, "rank": 0, "dense_rank": 0, "percent_rank": 0, "cume_dist": 0, "ntile": 1}
_PICKS = {"first_value", "last_value", "nth_value", "lag", "lead"}
_QUANTIFIERS = {"any", "all", "exists"}
UNITS = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond")


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


class Escaper:
    """One macro call's expressions, against the bindings of the query they are for."""

    def __init__(self, slots: Slots, variables: dict[str, Binding], query: QueryValue, place: str) -> None:
        self.slots, self.variables, self.query, self.place = slots, variables, query, place

    # ── types ──
    def quoted_type(self, node: Node) -> TypeSpec:
        """The type an expression is known to have while the macro runs."""
        value = literal_value(node)
        if value is not None:
            return self._literal_type(value)
        match node:
            case ast.Call(target=target, name=name, args=(), parens=False) if target is not None:
                binding = self._source(target)
                return FieldType(binding, name) if binding is not None else ANY
            case ast.Call(target=None, name="field", args=(source, name_node)):
                binding = self._source(source)
                return FieldType(binding, field_name(name_node, self.slots)) if binding is not None else ANY
            case ast.Call(target=None, name="datetime_add", args=(_, _, _)):
                return NAIVE_DATETIME
            case ast.Call(target=None, name="date_add", args=(_, _, _)):
                return DATE
            case ast.Call(target=None, name="type", args=(_, type_node)):
                return self.type_of(type_node)
            case ast.List(items=items):
                kinds = list(dict.fromkeys(self.quoted_type(i) for i in items))
                return self._array(kinds[0]) if len(kinds) == 1 else array_of(ANY)
            case ast.Attribute():
                slot = self.slots.get(id(node), Unknown("an attribute"))
                return self._literal_type(slot)
            case ast.Call(target=None, name="max" | "min" | "first_value" | "last_value" | "nth_value", args=(x, *_)):
                return self.quoted_type(x)
            case ast.Call(target=None, name="count"):
                return INTEGER
            case ast.Call(target=None, name=name) if name in _RANKS and name not in ("percent_rank", "cume_dist"):
                return INTEGER
            case ast.Call(target=None, name="is_nil" | "like" | "ilike"):
                return BOOLEAN
            case ast.Binary(op=op) if op in COMPARISONS or op in ("and", "or", "in", "not in"):
                return BOOLEAN
            case ast.Unary(op="not"):
                return BOOLEAN
            case _:
                return ANY

    def _array(self, inner: TypeSpec) -> TypeSpec:
        return array_of(inner) if isinstance(inner, EctoType) else Wrapped("array", inner)

    def _literal_type(self, value: Value) -> TypeSpec:
        match value:
            case Known(value=bool()):
                return BOOLEAN
            case Known(value=int()):
                return INTEGER
            case Known(value=float()):
                return EctoType("float")
            case Known(value=str()):
                return STRING
            case Binary():
                return EctoType("binary")
            case ListValue(items=items):
                kinds = list(dict.fromkeys(self._literal_type(i) for i in items))
                return self._array(kinds[0]) if len(kinds) == 1 else array_of(ANY)
            case _:
                return ANY

    def type_of(self, node: Node) -> TypeSpec:
        """``type/2``'s second argument: a name, a module, ``{:array, t}``, a field, or a pinned type."""
        match node:
            case ast.Call(target=target, name=name, args=(), parens=False) if target is not None:
                binding = self._source(target)
                if binding is not None:
                    return FieldType(binding, name)
            case ast.Call(target=None, name="field", args=(source, name_node)):
                binding = self._source(source)
                if binding is not None:
                    return FieldType(binding, field_name(name_node, self.slots))
            case ast.Tuple(items=(ast.Literal(value=Atom(name="array")), inner)):
                return self._array(self.type_of(inner))
            case ast.Literal(value=Atom(name=name)) as given:
                found = read_type(Known(given.value), lambda _: None)
                return found or EctoType(name)
            case ast.Alias():
                found = read_type(self.slots.get(id(node), Unknown("")), lambda _: None)
                if found:
                    return found
            case ast.Unary(op="^", operand=operand):
                found = read_type(self.slots.get(id(operand), Unknown("")), lambda _: None)
                if found:
                    return found
        raise NotKnownError("the type in type/2 is not known")

    # ── sources and fields ──
    def _source(self, node: Node) -> Binding | None:
        match node:
            case ast.Var(name=name):
                return self.variables.get(name)
            case ast.Call(target=None, name="as" | "parent_as" as kind, args=(name_node,)):
                return Named(name_of(name_node, self.slots), kind == "parent_as")
            case _:
                return None

    def field(self, source: Node, name: str) -> ex.FieldExpr:
        binding = self._source(source)
        if binding is None:
            what = source.name if isinstance(source, ast.Var) else "something"
            raise RaisesError(f"{what}.{name} in a query: {what} is not bound there")
        return ex.FieldExpr(binding, name)

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
                return self.fragment(args)
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
            case _ if name in _RANKS or name in _PICKS:
                return self._window_function(node, type_)
        raise NotKnownError(f"{name}/{len(args)} in a query is not known: it may be a macro")

    def _window_function(self, node: Node, type_: TypeSpec) -> Expr:
        if isinstance(node, ast.Call) and node.target is None:
            if node.name in _RANKS or node.name in _PICKS:
                return ex.Call(node.name, tuple(self.escape(a) for a in node.args))
            return self._call(node, node.name, type_)
        raise NotKnownError("a window function is not understood")

    def _over(self, args: tuple[Node, ...]) -> ex.Window | str:
        if not args:
            return ex.Window()
        if isinstance(args[0], ast.Literal):
            return name_of(args[0], self.slots)
        if isinstance(args[0], ast.List):
            return self.window(args[0])
        raise NotKnownError("a window is not understood")

    def window(self, node: ast.List) -> ex.Window:
        """``[partition_by: …, order_by: …, frame: fragment(…)]``."""
        found = ex.Window()
        for item in node.items:
            if not (isinstance(item, ast.Tuple) and len(item.items) == 2 and isinstance(item.items[0], ast.Literal)):
                raise NotKnownError("a window is not understood")
            key, value = name_of(item.items[0], self.slots), item.items[1]
            found = replace(found, order=(*found.order, key))
            if key == "partition_by":
                found = replace(found, partition_by=self.fields(value))
            elif key == "order_by":
                found = replace(found, order_by=self.order_by(value))
            elif key == "frame":
                frame = self.escape(value)
                if not isinstance(frame, ex.Fragment):
                    raise RaisesError("a window's frame must be a fragment")
                found = replace(found, frame=frame)
            else:
                raise RaisesError(f"{key} is no part of a window")
        return found

    def fields(self, node: Node) -> tuple[Expr, ...]:
        """``group_by`` and ``partition_by``: one expression or several, atoms being fields of the first source."""
        pinned = self._pinned_list(node)
        if pinned is not None:
            return tuple(self._column(v) for v in pinned)
        items = node.items if isinstance(node, ast.List) else (node,)
        out: list[Expr] = []
        for item in items:
            inner = self._pinned_list(item)
            if inner is not None:
                out += [self._column(v) for v in inner]
            elif isinstance(item, ast.Literal) and isinstance(item.value, Atom):
                out.append(ex.FieldExpr(0, item.value.name))
            else:
                out.append(self.escape(item))
        return tuple(out)

    def _pinned_list(self, node: Node) -> tuple[Value, ...] | None:
        if not (isinstance(node, ast.Unary) and node.op == "^"):
            return None
        value = self.slots.get(id(node.operand), Unknown("a value"))
        return value.items if isinstance(value, ListValue) else (value,)

    def _column(self, value: Value) -> Expr:
        if isinstance(value, DynamicValue):
            return self.expand(value)
        if isinstance(value, Known) and isinstance(value.value, Atom):
            return ex.FieldExpr(0, value.value.name)
        raise NotKnownError("a field given to the query is not known")

    def order_by(self, node: Node) -> tuple[tuple[str, Expr], ...]:
        """``order_by`` and ``distinct``: expressions, or ``direction: expression``."""
        pinned = self._pinned_list(node)
        if pinned is not None:
            return tuple(self._ordered(v) for v in pinned)
        out: list[tuple[str, Expr]] = []
        for item in node.items if isinstance(node, ast.List) else (node,):
            if isinstance(item, ast.Tuple) and len(item.items) == 2:
                direction, inner = name_of(item.items[0], self.slots), item.items[1]
                many = inner.items if isinstance(inner, ast.List) else (inner,)
                out += [(_direction(direction), e) for i in many for e in self.fields(i)]
            else:
                out += [("asc", e) for e in self.fields(item)]
        return tuple(out)

    def _ordered(self, value: Value) -> tuple[str, Expr]:
        match value:
            case _ if (pair := getattr(value, "items", None)) and len(pair) == 2 and isinstance(pair[0], Known):
                name = pair[0].value
                if isinstance(name, Atom):
                    return _direction(name.name), self._column(pair[1])
        return "asc", self._column(value)

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

    # ── fragments ──
    def fragment(self, args: tuple[Node, ...]) -> ex.Fragment:
        first = args[0]
        text = self.slots.get(id(first)) if isinstance(first, ast.Attribute) else literal_value(first)
        if not (isinstance(text, Known) and isinstance(text.value, str)):
            raise NotKnownError("the text of a fragment is not known")
        columns: tuple[str, ...] = ()
        rest = list(args[1:])
        if rest and isinstance(rest[-1], ast.List) and (named := ast.keyword(rest[-1], "columns")) is not None:
            items = named.items if isinstance(named, ast.List) else ()
            columns = tuple(name_of(i, self.slots) for i in items)
            rest.pop()
        pieces = split_fragment(text.value)
        if len(pieces) != len(rest) + 1:
            raise RaisesError("a fragment has another number of question marks than arguments")
        parts: list[str | Expr] = [pieces[0]]
        for argument, piece in zip(rest, pieces[1:], strict=True):
            parts += [*self._fragment_argument(argument), piece]
        return ex.Fragment(tuple(p for p in parts if p != ""), columns)

    def _fragment_argument(self, node: Node) -> list[str | Expr]:
        if isinstance(node, ast.Call) and node.target is None and len(node.args) == 1:
            argument = node.args[0]
            pinned = isinstance(argument, ast.Unary) and argument.op == "^"
            value = self.slots.get(id(argument.operand)) if isinstance(argument, ast.Unary) and pinned else None
            if node.name in ("literal", "identifier"):
                if not pinned:
                    raise RaisesError(f"{node.name}/1 in a fragment needs a pinned value")
                if isinstance(value, Known) and isinstance(value.value, str):
                    return [ex.Raw(quoted(value.value))]
                raise NotKnownError(f"what {node.name}/1 names is not known")
            if node.name == "constant":
                return [ex.Literal(value)] if pinned and isinstance(value, Known) else self._not_known("a constant")
            if node.name == "splice":
                if isinstance(value, ListValue):
                    return _between([ex.Pin(v) for v in value.items])
                if isinstance(argument, ast.List):
                    return _between([e for i in argument.items for e in self._fragment_argument(i)])
                return self._not_known("what splice/1 spreads")
        return [self.escape(node)]

    def _not_known(self, what: str) -> list[str | Expr]:
        raise NotKnownError(f"{what} in a fragment is not known")

    # ── select ──
    def select(self, node: Node) -> Expr:
        """``select``: any expression, sources, lists of atoms, tuples, maps (ecto lib/ecto/query/builder/select.ex)."""
        match node:
            case ast.Var(name=name) if name in self.variables:
                return ex.Whole(self.variables[name])
            case ast.List(items=items) if items and all(isinstance(i, ast.Literal) for i in items):
                return ex.Whole(0, tuple(name_of(i, self.slots) for i in items))
            case ast.List(items=items) | ast.Tuple(items=items):
                return ex.TupleExpr(tuple(self.select(i) for i in items))
            case ast.Map(pairs=pairs, base=base):
                made = tuple((field_name(k, self.slots), self.select(v)) for k, v in pairs)
                return ex.MapExpr(made, self.select(base) if base is not None else None)
            case ast.Call(target=None, name="merge", args=(left, right)):
                return ex.Merge(self.select(left), self.select(right))
            case ast.Call(target=None, name="map" | "struct" as kind, args=(ast.Var(name=name), fields)):
                if name not in self.variables:
                    raise RaisesError(f"{name} is not bound in the query")
                return ex.Whole(self.variables[name], self._taken(fields), kind == "struct")
            case ast.Call(target=None, name="selected_as", args=(inner, name_node)):
                return ex.SelectedAs(name_of(name_node, self.slots), self.escape(inner))
            case ast.Unary(op="^", operand=operand):
                return self.selected(self.slots.get(id(operand), Unknown("a value")))
            case _:
                return self.escape(node)

    def _taken(self, node: Node) -> tuple[str, ...]:
        pinned = self._pinned_list(node)
        if pinned is None and isinstance(node, ast.Attribute):
            slot = self.slots.get(id(node))
            pinned = slot.items if isinstance(slot, ListValue) else None
        if pinned is None and isinstance(node, ast.List):
            return tuple(name_of(i, self.slots) for i in node.items)
        names = [v.value.name for v in pinned or () if isinstance(v, Known) and isinstance(v.value, Atom)]
        if pinned is None or len(names) != len(pinned):
            raise NotKnownError("the fields that are selected are not known")
        return tuple(names)

    def selected(self, value: Value) -> Expr:
        """``select: ^[:a, :b]`` or ``^%{a: dynamic(…)}``."""
        match value:
            case ListValue(items=items):
                names = [v.value.name for v in items if isinstance(v, Known) and isinstance(v.value, Atom)]
                if len(names) == len(items):
                    return ex.Whole(0, tuple(names))
            case MapValue(pairs=pairs, struct=None, open=False):
                found: list[tuple[str, Expr]] = []
                for key, inner in pairs:
                    if not (isinstance(key, Known) and isinstance(key.value, Atom)):
                        raise NotKnownError("what is selected is not known")
                    if isinstance(inner, DynamicValue | SubqueryValue):
                        found.append((key.value.name, self.pinned(inner, ANY)))
                    elif isinstance(inner, Known):
                        found.append((key.value.name, ex.Literal(inner)))
                    else:
                        raise NotKnownError("what is selected is not known")
                return ex.MapExpr(tuple(found))
        raise NotKnownError("what is selected is not known")


def _direction(name: str) -> str:
    if name not in ("asc", "asc_nulls_last", "asc_nulls_first", "desc", "desc_nulls_last", "desc_nulls_first"):
        raise RaisesError(f"{name} is no direction of an order")
    return name


def _between(items: Sequence[str | Expr]) -> list[str | Expr]:
    out: list[str | Expr] = []
    for item in items:
        out += ([","] if out else []) + [item]
    return out


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


def quoted(name: str) -> str:
    """A quoted name (connection.ex, quote_name/1)."""
    if '"' in name or "\0" in name:
        raise RaisesError(f"a name with a quotation mark: {name}")
    return f'"{name}"'


def split_fragment(text: str) -> list[str]:
    r"""A fragment's text at its question marks; ``\?`` is one of PostgreSQL's own (builder.ex, split_fragment/2)."""
    pieces, at = [""], 0
    while at < len(text):
        if text.startswith("\\?", at):
            pieces[-1] += "?"
            at += 2
        elif text[at] == "?":
            pieces.append("")
            at += 1
        else:
            pieces[-1] += text[at]
            at += 1
    return pieces
