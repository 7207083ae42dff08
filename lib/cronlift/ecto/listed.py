"""Lists of fields in a query: ``group_by``, ``order_by``, ``distinct``, windows, and what ``select`` names (ecto
lib/ecto/query/builder/order_by.ex, group_by.ex, windows.ex, select.ex)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from cronlift.ecto import expression as ex
from cronlift.ecto.bindings import field_name, name_of
from cronlift.ecto.expression import Expr, TypeSpec
from cronlift.ecto.query import DynamicValue, SubqueryValue
from cronlift.ecto.quoted_types import Typed
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.types import ANY
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Known, ListValue, MapValue, Unknown, Value


class Listed(Typed):
    """What takes several expressions, or a shape of them."""

    @abstractmethod
    def escape(self, node: Node, type_: TypeSpec = ANY) -> Expr:
        """An expression that is expected to have ``type_``."""

    @abstractmethod
    def expand(self, dynamic: DynamicValue) -> Expr:
        """A dynamic expression in this query's bindings."""

    @abstractmethod
    def pinned(self, value: Value, type_: TypeSpec, *, not_nil: bool = False) -> Expr:
        """A value that Elixir gives to the query."""

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

    # ── select ──
    def select(self, node: Node) -> Expr:
        """``select``: any expression, sources, lists of atoms, tuples, maps (ecto lib/ecto/query/builder/select.ex)."""
        match node:
            case ast.Var(name=name) if name in self.variables:
                return ex.Whole(self.variables[name])
            case ast.List(items=items) if items and all(isinstance(i, ast.Literal) for i in items):
                return ex.Whole(0, tuple(name_of(i, self.slots) for i in items), struct=True)
            case ast.List(items=items):
                return ex.ListExpr(tuple(self._part(i) for i in items))
            case ast.Tuple(items=items):
                return ex.TupleExpr(tuple(self._part(i) for i in items))
            case ast.Map(pairs=pairs, base=base):
                plain = node.struct is None and all(isinstance(k, ast.Literal) for k, _ in pairs)
                made = tuple((field_name(k, self.slots), self._part(v)) for k, v in pairs)
                return ex.MapExpr(made, self.select(base) if base is not None else None, plain)
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

    def _part(self, node: Node) -> Expr:
        """A value inside of what is selected: a pin there is a parameter, not the shape of the whole."""
        return self.escape(node) if isinstance(node, ast.Unary) and node.op == "^" else self.select(node)

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
                    return ex.Whole(0, tuple(names), struct=True)
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
