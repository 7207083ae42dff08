"""What a query is from and what it joins (ecto lib/ecto/query/builder/from.ex and join.ex)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cronlift.ecto import fragments
from cronlift.ecto.bindings import Slots, name_of
from cronlift.ecto.escape import Escaper
from cronlift.ecto.expression import Binding
from cronlift.ecto.filters import filter_expression
from cronlift.ecto.query import (
    AssocSource,
    FragmentSource,
    From,
    Join,
    QuerySource,
    QueryValue,
    Source,
    SubqueryValue,
    SubSource,
    ValuesSource,
    to_query,
)
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.slots import literal_value, slots_of
from cronlift.ecto.types import EctoType, read_type
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Known, ListValue, MapValue, ModuleName, TupleValue, Unknown, Value

QUALIFIERS = {
    "join": "inner", "inner_join": "inner", "left_join": "left", "right_join": "right", "full_join": "full",
    "cross_join": "cross", "inner_lateral_join": "inner_lateral", "left_lateral_join": "left_lateral",
    "cross_lateral_join": "cross_lateral",
}  # fmt: skip


def source_slots(node: Node) -> Iterator[Node]:
    """What Elixir evaluates of a join's source."""
    if isinstance(node, ast.Call) and node.target is None and node.name == "values":
        yield from node.args
    else:
        yield from slots_of(node)


def source(node: Node, escaper: Escaper) -> Source:
    """A join's right side. Raises NoSqlError."""
    slots = escaper.slots
    match node:
        case ast.Call(target=None, name="assoc", args=(ast.Var(name=name), association)):
            if name not in escaper.variables:
                raise RaisesError(f"assoc({name}, …): {name} is not bound in the query")
            return AssocSource(escaper.variables[name], name_of(association, slots))
        case ast.Call(target=None, name="fragment"):
            return FragmentSource(fragments.fragment(escaper, node.args))
        case ast.Call(target=None, name="values", args=(rows, types)):
            return values_source(slots.get(id(rows), Unknown("")), slots.get(id(types), Unknown("")))
        case ast.Text():
            return table_source(literal_value(node) or Unknown("a string"))
        case ast.Tuple(items=(first, second)):
            table, schema = literal_value(first), slots.get(id(second))
            if table is not None and isinstance(schema, ModuleName):
                return table_source(TupleValue((table, schema)))
            raise NotKnownError("what is joined is not known")
        case ast.Unary(op="^", operand=operand):
            return table_source(slots.get(id(operand), Unknown("a value")))
        case _:
            return table_source(slots.get(id(node), Unknown("a value")))


def table_source(value: Value) -> Source:
    """A source from a value: a query that is joined gives its conditions to the join."""
    if isinstance(value, SubqueryValue):
        return SubSource(value.query)
    query = to_query(value)
    if query is None:
        raise NotKnownError("what is joined is not known")
    plain = query == QueryValue(query.source) and not query.source.prefixed and query.source.as_ is None
    return query.source.source if plain else QuerySource(query)


def values_source(rows: Value, types: Value) -> ValuesSource:
    """``values(rows, types)`` (ecto lib/ecto/query/values.ex): the fields in the order of their names."""
    pairs = _fields_of(types)
    if pairs is None or not isinstance(rows, ListValue) or not rows.items:
        raise NotKnownError("the rows of values/2 are not known")
    kinds: list[tuple[str, EctoType]] = []
    for name, kind in sorted(pairs.items()):
        found = read_type(kind, lambda _: None)
        if found is None:
            raise NotKnownError("a type of values/2 is not known")
        kinds.append((name, found))
    out = []
    for row in rows.items:
        fields = _fields_of(row)
        if fields is None or sorted(fields) != [n for n, _ in kinds]:
            raise NotKnownError("the rows of values/2 are not known, or have other fields than their types")
        out.append(tuple(sorted(fields.items())))
    return ValuesSource(tuple(out), tuple(kinds))


def _fields_of(value: Value) -> dict[str, Value] | None:
    if isinstance(value, MapValue) and not value.open:
        names = [k.value.name for k, _ in value.pairs if isinstance(k, Known) and isinstance(k.value, Atom)]
        return dict(zip(names, (v for _, v in value.pairs), strict=True)) if len(names) == len(value.pairs) else None
    return None


def join(
    query: QueryValue,
    qualifier: str,
    node: Node,
    options: dict[str, Node],
    variables: dict[str, Binding],
    slots: Slots,
    place: str,
) -> tuple[QueryValue, dict[str, Binding]]:
    """``join: x in source, on: …, as: …, prefix: …``: the query, and the variables with the new one."""
    if qualifier not in QUALIFIERS.values():
        raise RaisesError(f"{qualifier} is no kind of join")
    variable, right = None, node
    if isinstance(node, ast.Binary) and node.op == "in" and isinstance(node.left, ast.Var):
        variable, right = node.left.name, node.right
    found = source(right, Escaper(slots, variables, query, place))
    number = query.bindings
    inner = {**variables, variable: number} if variable and variable != "_" else dict(variables)
    if variable in variables:
        raise RaisesError(f"the variable {variable} is bound twice in a query")
    if "hints" in options:
        raise RaisesError("PostgreSQL takes no hints on a join")
    named = name_of(options["as"], slots) if "as" in options else None
    if named is not None and query.alias(named) is not None:
        raise RaisesError(f"the query has two bindings named {named}")
    prefix, prefixed = prefix_of(options, slots)
    aliases = query.aliases if named is None else (*query.aliases, (named, number))
    made = replace(query, joins=(*query.joins, Join(qualifier, found, None, prefix, prefixed, named)), aliases=aliases)
    if "on" in options:
        # A keyword list in `on` compares fields of the joined source (join.ex, build_on/7).
        condition = filter_expression(options["on"], Escaper(slots, inner, made, place), number)
        made = replace(made, joins=(*made.joins[:-1], replace(made.joins[-1], on=condition)))
    return made, inner


def prefix_of(options: dict[str, Node], slots: Slots) -> tuple[str | None, bool]:
    """``prefix:`` as text, and whether it stands there at all."""
    node = options.get("prefix")
    if node is None:
        return None, False
    value = slots.get(id(node.operand)) if isinstance(node, ast.Unary) and node.op == "^" else literal_value(node)
    if value is None and isinstance(node, ast.Attribute):
        value = slots.get(id(node))
    match value:
        case Known(value=str(text)):
            return text, True
        case Known(value=None):
            return None, True
    raise NotKnownError("the prefix of a source is not known")


def from_source(value: Value, node: Node, escaper: Escaper) -> QueryValue:
    """``from``'s source: anything queryable, a fragment, or ``values/2``."""
    if isinstance(node, ast.Call) and node.target is None and node.name in ("fragment", "values"):
        return QueryValue(From(source(node, escaper)))
    if isinstance(node, ast.Tuple) and isinstance(node.items[0], ast.Call):
        raise NotKnownError("a fragment that is read as a schema is not followed")
    query = to_query(value)
    if query is None:
        raise NotKnownError("what the query is from is not known")
    return query
