"""The type an expression of a query is known to have while Ecto's macro runs (ecto lib/ecto/query/builder.ex,
quoted_type/2), and the types that ``type/2`` names."""

from __future__ import annotations

from cronlift.ecto import expression as ex
from cronlift.ecto.bindings import Slots, field_name, name_of
from cronlift.ecto.expression import Binding, FieldType, Named, TypeSpec, Wrapped
from cronlift.ecto.query import QueryValue
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.slots import literal_value
from cronlift.ecto.types import ANY, BOOLEAN, DATE, INTEGER, NAIVE_DATETIME, STRING, EctoType, array_of, read_type
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Binary, Known, ListValue, Unknown, Value

COMPARISONS = {"==", "!=", "<=", ">=", "<", ">"}
# ecto lib/ecto/query/window_api.ex: those that return a number, by the number of their arguments.
RANKS = {"row_number": 0, "rank": 0, "dense_rank": 0, "percent_rank": 0, "cume_dist": 0, "ntile": 1}


class Typed:
    """One macro call's bindings and slots, and the types of what is written with them."""

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
            case ast.Call(target=None, name=name) if name in RANKS and name not in ("percent_rank", "cume_dist"):
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
