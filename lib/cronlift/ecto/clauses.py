"""One clause added to a query: ``where``, ``join``, ``update``, … (ecto lib/ecto/query/builder/*.ex)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cronlift.ecto import expression as ex
from cronlift.ecto.bindings import Slots, name_of
from cronlift.ecto.escape import Escaper, literal_value, slots_of
from cronlift.ecto.expression import Binding, Expr, FieldType, TypeSpec, Wrapped
from cronlift.ecto.query import (
    AssocSource,
    Condition,
    Cte,
    DynamicValue,
    FragmentSource,
    From,
    Join,
    Limit,
    QuerySource,
    QueryValue,
    Source,
    SubqueryValue,
    SubSource,
    ValuesSource,
    to_query,
)
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.types import BOOLEAN, INTEGER, EctoType, read_type
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.values import Known, ListValue, MapValue, ModuleName, TupleValue, Unknown, Value, keyword_items

QUALIFIERS = {
    "join": "inner", "inner_join": "inner", "left_join": "left", "right_join": "right", "full_join": "full",
    "cross_join": "cross", "inner_lateral_join": "inner_lateral", "left_lateral_join": "left_lateral",
    "cross_lateral_join": "cross_lateral",
}  # fmt: skip
COMBINATIONS = ("union", "union_all", "except", "except_all", "intersect", "intersect_all")
_OPERATIONS = ("set", "inc", "push", "pull")


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
            return FragmentSource(escaper.fragment(node.args))
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


def where(query: QueryValue, op: str, node: Node, escaper: Escaper, *, having: bool = False) -> QueryValue:
    """``where``, ``or_where``, ``having``, ``or_having``."""
    condition = filter_expression(node, escaper)
    if condition is None:
        return query
    kept = Condition(op, condition)
    if having:
        return replace(query, havings=(*query.havings, kept))
    return replace(query, wheres=(*query.wheres, kept))


def filter_expression(node: Node, escaper: Escaper, binding: Binding = 0) -> Expr | None:
    """A condition, or a keyword list of fields of ``binding``; None where it says nothing (``[]``, ``true``)."""
    if isinstance(node, ast.Unary) and node.op == "^":
        return _runtime_filter(escaper.slots.get(id(node.operand), Unknown("a value")), escaper, binding)
    if isinstance(node, ast.Literal) and node.value is True:
        return None
    if not isinstance(node, ast.List):
        return escaper.escape(node, BOOLEAN)
    parts: list[Expr] = []
    for item in node.items:
        if not (isinstance(item, ast.Tuple) and len(item.items) == 2):
            raise RaisesError("a filter that is a list must be a keyword list")
        name, value = name_of(item.items[0], escaper.slots), item.items[1]
        if isinstance(value, ast.Literal) and value.value is None:
            raise RaisesError(f"nil given for {name} in a query, which Ecto forbids")
        made = escaper.escape(value, FieldType(binding, name))
        made = replace(made, not_nil=True) if isinstance(made, ex.Pin) else made
        parts.append(ex.Call("==", (ex.FieldExpr(binding, name), made)))
    return _all_of(parts)


def _runtime_filter(value: Value, escaper: Escaper, binding: Binding) -> Expr | None:
    match value:
        case DynamicValue():
            found = escaper.expand(value)
            # A dynamic that is `true` adds nothing (filter.ex, apply/3).
            return None if found == ex.Literal(Known(True)) else found
        case Known(value=bool(b)):
            return None if b else ex.Literal(Known(False), BOOLEAN)
        case ListValue(items=()):
            return None
        case ListValue(items=items):
            parts: list[Expr] = []
            for item in items:
                match item:
                    case TupleValue(items=(Known(value=Atom(name=name)), inner)):
                        pin = ex.Pin(inner, FieldType(binding, name), not_nil=True)
                        parts.append(ex.Call("==", (ex.FieldExpr(binding, name), pin)))
                    case _:
                        raise NotKnownError("a filter given to the query is not known")
            return _all_of(parts)
    raise NotKnownError("a filter given to the query is not known")


def _all_of(parts: list[Expr]) -> Expr | None:
    whole: Expr | None = None
    for part in parts:
        whole = part if whole is None else ex.Call("and", (whole, part))
    return whole


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


def update(query: QueryValue, node: Node, escaper: Escaper) -> QueryValue:
    """``update: [set: [a: ^b], inc: …]`` or ``^changes``: what is known while compiling comes first (update.ex)."""
    if isinstance(node, ast.Unary) and node.op == "^":
        return runtime_update(query, escaper.slots.get(id(node.operand), Unknown("a value")), escaper)
    early: list[tuple[str, str, Expr]] = []
    late: list[tuple[str, str, Expr]] = []
    if not isinstance(node, ast.List):
        raise RaisesError("an update must be a keyword list")
    for item in node.items:
        if not (isinstance(item, ast.Tuple) and len(item.items) == 2):
            raise RaisesError("an update must be a keyword list")
        op, changes = _operation(name_of(item.items[0], escaper.slots)), item.items[1]
        if isinstance(changes, ast.Unary) and changes.op == "^":
            late += _runtime(op, escaper.slots.get(id(changes.operand), Unknown("a value")), escaper)
            continue
        for change in changes.items if isinstance(changes, ast.List) else ():
            if not (isinstance(change, ast.Tuple) and len(change.items) == 2):
                raise RaisesError("an update must be a keyword list")
            field, value = name_of(change.items[0], escaper.slots), change.items[1]
            made = escaper.escape(value, _type_for(op, field))
            (late if isinstance(value, ast.Unary) and value.op == "^" else early).append((op, field, made))
    return replace(query, updates=(*query.updates, *early, *late))


def runtime_update(query: QueryValue, value: Value, escaper: Escaper) -> QueryValue:
    """Changes given as a value, as ``update_all``'s second argument is."""
    found: list[tuple[str, str, Expr]] = []
    for item in value.items if isinstance(value, ListValue) else ():
        match item:
            case TupleValue(items=(Known(value=Atom(name=op)), changes)):
                found += _runtime(_operation(op), changes, escaper)
            case _:
                raise NotKnownError("the changes of an update are not known")
    if not isinstance(value, ListValue):
        raise NotKnownError("the changes of an update are not known")
    return replace(query, updates=(*query.updates, *found))


def _runtime(op: str, changes: Value, escaper: Escaper) -> list[tuple[str, str, Expr]]:
    known = keyword_items(changes)
    if known is None or not isinstance(changes, ListValue):
        raise NotKnownError("the changes of an update are not known")
    if len(known) != len(changes.items):
        raise RaisesError("an update sets a field twice")
    return [(op, field, escaper.pinned(value, _type_for(op, field))) for field, value in known.items()]


def _operation(name: str) -> str:
    if name not in _OPERATIONS:
        raise RaisesError(f"{name} is no operation of an update")
    return name


def _type_for(op: str, field: str) -> TypeSpec:
    kind = FieldType(0, field)
    return Wrapped("out", kind) if op in ("push", "pull") else kind


def simple(query: QueryValue, name: str, node: Node, escaper: Escaper) -> QueryValue:
    """The clauses that are one expression. Raises NoSqlError."""
    match name:
        case "where" | "or_where":
            return where(query, "or" if name == "or_where" else "and", node, escaper)
        case "having" | "or_having":
            return where(query, "or" if name == "or_having" else "and", node, escaper, having=True)
        case "select":
            if query.select is not None:
                raise RaisesError("only one select expression is allowed in a query")
            return replace(query, select=escaper.select(node))
        case "select_merge":
            return replace(query, select=merged(query.select, escaper.select(node)))
        case "order_by":
            return replace(query, order_bys=(*query.order_bys, *escaper.order_by(node)))
        case "prepend_order_by":
            return replace(query, order_bys=(*escaper.order_by(node), *query.order_bys))
        case "group_by":
            return replace(query, group_bys=(*query.group_bys, *escaper.fields(node)))
        case "limit":
            return replace(query, limit=_limit(escaper.escape(node, INTEGER)))
        case "offset":
            return replace(query, offset=escaper.escape(node, INTEGER))
        case "with_ties":
            if query.limit is None or not isinstance(node, ast.Literal):
                raise NotKnownError("with_ties is not understood here")
            return replace(query, limit=replace(query.limit, with_ties=node.value is True))
        case "distinct":
            return replace(query, distinct=_distinct(node, escaper))
        case "lock":
            text = literal_value(node)
            if isinstance(text, Known) and isinstance(text.value, str):
                return replace(query, lock=text.value)
            return replace(query, lock=escaper.escape(node))
        case "windows":
            return replace(query, windows=(*query.windows, *_windows(node, escaper)))
        case "update":
            return update(query, node, escaper)
        case "preload":
            return replace(query, preloads=True)
        case _ if name in COMBINATIONS:
            return combined(query, name, node, escaper.slots)
    raise NotKnownError(f"{name} in a query is not known")


def _limit(expr: Expr) -> Limit | None:
    return None if expr == ex.Literal(Known(None), INTEGER) else Limit(expr)


def _distinct(node: Node, escaper: Escaper) -> bool | tuple[tuple[str, Expr], ...]:
    if isinstance(node, ast.Literal) and isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.Unary) and node.op == "^":
        value = escaper.slots.get(id(node.operand))
        if isinstance(value, Known) and isinstance(value.value, bool):
            return value.value
    return escaper.order_by(node)


def _windows(node: Node, escaper: Escaper) -> list[tuple[str, ex.Window]]:
    found = []
    for item in node.items if isinstance(node, ast.List) else ():
        if not (isinstance(item, ast.Tuple) and isinstance(item.items[1], ast.List)):
            raise NotKnownError("a window is not understood")
        found.append((name_of(item.items[0], escaper.slots), escaper.window(item.items[1])))
    return found


def merged(old: Expr | None, new: Expr) -> Expr:
    """``select_merge`` (select.ex, merge/2): onto the first source where nothing is selected yet."""
    base = old if old is not None else ex.Whole(0)
    match base, new:
        case ex.Whole(fields=tuple(first)), ex.Whole(fields=tuple(second)) if base.binding == new.binding:
            return replace(base, fields=tuple(dict.fromkeys((*first, *second))))
    return ex.Merge(base, new)


def combined(query: QueryValue, kind: str, node: Node, slots: Slots) -> QueryValue:
    """``union`` and its like: the other query must be pinned (combination.ex)."""
    if not (isinstance(node, ast.Unary) and node.op == "^"):
        raise RaisesError(f"{kind} needs a pinned query")
    other = to_query(slots.get(id(node.operand), Unknown("a query")))
    if other is None:
        raise NotKnownError(f"the other query of {kind} is not known")
    return replace(query, combinations=(*query.combinations, (kind, other)))


def with_cte(query: QueryValue, name: Node, options: Node, escaper: Escaper) -> QueryValue:
    """``with_cte("name", as: ^query, materialized: …, operation: …)``."""
    value = escaper.slots.get(id(name.operand)) if isinstance(name, ast.Unary) else literal_value(name)
    if not (isinstance(value, Known) and isinstance(value.value, str)) or not isinstance(options, ast.List):
        raise NotKnownError("a common table expression is not understood")
    given = ast.keyword(options, "as")
    materialized, operation = ast.keyword(options, "materialized"), ast.keyword(options, "operation")
    inner: QueryValue | ex.Fragment | None
    if isinstance(given, ast.Unary):
        inner = to_query(escaper.slots.get(id(given.operand), Unknown("a query")))
    else:
        found = escaper.escape(given) if given is not None else None
        inner = found if isinstance(found, ex.Fragment) else None
    if inner is None:
        raise NotKnownError(f"the query of the common table expression {value.value} is not known")
    how = materialized.value if isinstance(materialized, ast.Literal) else None
    cte = Cte(value.value, inner, how if isinstance(how, bool) else None,
              name_of(operation, escaper.slots) if operation is not None else "all")  # fmt: skip
    kept = tuple(c for c in query.ctes if c.name != cte.name)
    return replace(query, ctes=(*kept, cte))


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
