"""A query's sources in their final order: tables, subqueries, and the joins that associations stand for.

Source: ecto lib/ecto/query/planner.ex (plan_source/4, plan_joins/9) and lib/ecto/association.ex (joins_query/1).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cronlift.ecto import expression as ex
from cronlift.ecto.expression import Expr, FieldType
from cronlift.ecto.query import (
    AssocSource,
    FragmentSource,
    From,
    Join,
    QuerySource,
    QueryValue,
    Source,
    SubSource,
    TableSource,
    ValuesSource,
    check,
)
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.schemas import Association, Schema, SchemaField
from cronlift.ecto.types import EctoType
from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import Known, ListValue, ModuleName, TupleValue, Value, fully_known

if TYPE_CHECKING:
    from cronlift.ecto.database import Database


@dataclass(slots=True)
class Planned:
    """One source: how it is written in FROM (``text``, empty until rendered), its ``alias``, and what is known of its
    columns. ``columns``: of a subquery or values list, Ecto's type and PostgreSQL's by name."""

    kind: str
    alias: str
    table: str = ""
    prefix: str | None = None
    schema: Schema | None = None
    query: QueryValue | None = None
    fragment: ex.Fragment | None = None
    values: ValuesSource | None = None
    columns: dict[str, tuple[EctoType, str | None]] = field(default_factory=dict)
    text: str = ""

    def field(self, name: str) -> SchemaField | None:
        """The schema's field. Raises RaisesError where the schema has no such field that is stored."""
        if self.schema is None:
            return None
        if self.schema.unsure:
            raise NotKnownError(self.schema.unsure, "schema-not-understood")
        found = self.schema.fields.get(name)
        if found is None:
            raise RaisesError(f"the schema {self.schema.module} has no field {name}")
        if found.virtual:
            raise RaisesError(f"the field {name} of {self.schema.module} is virtual: it is no column")
        return found


@dataclass(frozen=True, slots=True)
class PlannedJoin:
    qualifier: str
    index: int
    on: Expr | None


class Plan:
    """The sources of one query by binding, tail sources (of associations) after them, and the joins in order."""

    def __init__(self, database: Database, query: QueryValue, as_prefix: str, cte_names: frozenset[str]) -> None:
        check(query)
        self.database, self.query, self.as_prefix, self.cte_names = database, query, as_prefix, cte_names
        self.sources: list[Planned | None] = [None] * query.bindings
        self.joins: list[PlannedJoin] = []
        first = query.source
        self.sources[0] = self._planned(0, first.source, self._own_prefix(first), prefixed=first.prefixed)
        for number, join in enumerate(query.joins, start=1):
            self._join(number, join)

    def source(self, index: int) -> Planned:
        found = self.sources[index] if 0 <= index < len(self.sources) else None
        if found is None:
            raise RaisesError("a query names more bindings than it has")
        return found

    def _own_prefix(self, first: From) -> str | None:
        if first.prefixed:
            return first.prefix
        if isinstance(first.source, TableSource) and first.source.schema:
            return self._schema(first.source.schema).prefix
        return None

    def _schema(self, module: str) -> Schema:
        schema = self.database.schemas.get(module)
        if schema is None:
            raise NotKnownError(f"{module} is no schema that cronlift can read", "schema-not-found")
        if schema.unsure:
            raise NotKnownError(schema.unsure, "schema-not-understood")
        return schema

    def _planned(self, index: int, source: Source, prefix: str | None, *, prefixed: bool = False) -> Planned:
        match source:
            case TableSource(table=table, schema=module):
                schema = self._schema(module) if module else None
                name = table if table is not None else schema.table if schema else ""
                own = prefix
                if name not in self.cte_names:
                    own = own if own is not None else self.query.prefix
                return Planned("table", f"{self.as_prefix}{_letter(name)}{index}", name, own, schema)
            case SubSource(query=query):
                inner = query if query.prefix is not None else replace(query, prefix=prefix or self.query.prefix)
                return Planned("subquery", f"{self.as_prefix}s{index}", query=inner)
            case FragmentSource(fragment=fragment):
                if prefix is not None:
                    raise RaisesError("a fragment takes no prefix")
                return Planned("fragment", f"{self.as_prefix}f{index}", fragment=fragment)
            case ValuesSource() as values:
                found = Planned("values", f"{self.as_prefix}v{index}", values=values)
                found.columns = {name: (kind, None) for name, kind in values.types}
                return found
        raise NotKnownError("a source of the query is not followed")

    def _join(self, number: int, join: Join) -> None:
        source = join.source
        if isinstance(source, AssocSource):
            self._assoc(number, join, source)
            return
        on = join.on
        if isinstance(source, QuerySource):
            source, on = self._plain_query(number, source.query, join)
        prefix = join.prefix
        if prefix is None and isinstance(source, TableSource) and source.schema:
            prefix = self._schema(source.schema).prefix
        self.sources[number] = self._planned(number, source, prefix)
        self.joins.append(PlannedJoin(join.qualifier, number, on))

    def _plain_query(self, number: int, query: QueryValue, join: Join) -> tuple[Source, Expr | None]:
        """A query that is joined as it is: only its conditions count (planner.ex, plan_joins/9)."""
        check(query)
        rest = replace(query, wheres=(), select=None, aliases=(), source=replace(query.source, as_=None))
        if rest != QueryValue(rest.source, prefix=rest.prefix):
            raise RaisesError("a query that is joined may have conditions and nothing else")
        if query.source.prefixed or query.prefix is not None or query.source.as_ is not None:
            raise NotKnownError("a joined query with a prefix or a name is not followed")
        on: Expr | None = None
        for where in query.wheres:
            moved = moved_to(where.expr, number)
            on = moved if on is None else ex.Call(where.op, (on, moved))
        if on is not None and join.on is not None:
            on = ex.Call("and", (on, join.on))
        return query.source.source, on if on is not None else join.on

    def _assoc(self, number: int, join: Join, source: AssocSource) -> None:
        owner_index = self._index(source.binding)
        owner = self.source(owner_index)
        if owner.schema is None:
            raise RaisesError(f"assoc({source.name}) on a source without a schema")
        found = owner.schema.associations.get(source.name)
        if found is None:
            raise RaisesError(f"the schema {owner.schema.module} has no association {source.name}")
        self._chain(number, owner_index, owner.schema, self._steps(owner.schema, found), join)

    def _index(self, binding: ex.Binding) -> int:
        if isinstance(binding, int):
            return binding
        index = None if binding.parent else self.query.alias(binding.name)
        if index is None:
            raise RaisesError(f"the query has no binding named {binding.name}")
        return index

    def _steps(self, schema: Schema, association: Association, depth: int = 0) -> list[Association]:
        """The associations a ``through`` stands for, one after the other."""
        if association.kind != "through":
            return [association]
        steps: list[Association] = []
        at = schema
        for name in association.through:
            inner = at.associations.get(name)
            if inner is None or depth > 8:
                raise NotKnownError(f"the association {name} of {at.module} is not understood")
            found = self._steps(at, inner, depth + 1)
            steps += found
            at = self._schema(found[-1].related)
        return steps

    def _chain(self, number: int, owner: int, schema: Schema, steps: list[Association], join: Join) -> None:
        at = owner
        for position, step in enumerate(steps):
            last = position == len(steps) - 1
            target = number if last else self._tail()
            ons = self._step(at, target, step, join)
            if last and join.on is not None:
                index, on = ons[-1]
                ons[-1] = (index, ex.Call("and", (on, join.on)))
            self.joins += [PlannedJoin(join.qualifier, index, on) for index, on in ons]
            at = target

    def _tail(self) -> int:
        self.sources.append(None)
        return len(self.sources) - 1

    def _related(self, index: int, source: TableSource, join: Join) -> None:
        prefix = join.prefix
        if prefix is None and source.schema:
            prefix = self._schema(source.schema).prefix
        self.sources[index] = self._planned(index, source, prefix)

    def _step(self, at: int, target: int, step: Association, join: Join) -> list[tuple[int, Expr]]:
        related = TableSource(step.source, step.related)
        if step.kind != "many_to_many":
            self._related(target, related, join)
            on: Expr = ex.Call("==", (ex.FieldExpr(target, step.related_key), ex.FieldExpr(at, step.owner_key)))
            return [(target, _with_conditions(on, step.where, target))]
        middle = self._tail()
        match step.join_through:
            case Known(value=str(table)):
                self._related(middle, TableSource(table), join)
            case ModuleName(name=module):
                self._related(middle, TableSource(None, module), join)
            case _:
                raise NotKnownError(f"the table between of {step.name} is not known")
        self._related(target, related, join)
        (own, owner_key), (other, related_key) = step.join_keys
        first: Expr = ex.Call("==", (ex.FieldExpr(middle, own), ex.FieldExpr(at, owner_key)))
        second: Expr = ex.Call("==", (ex.FieldExpr(middle, other), ex.FieldExpr(target, related_key)))
        return [
            (middle, _with_conditions(first, step.join_where, middle)),
            (target, _with_conditions(second, step.where, target)),
        ]


def _letter(table: str) -> str:
    return table[:1] if table[:1].isascii() and table[:1].isalpha() else "t"


def _with_conditions(on: Expr, conditions: tuple[tuple[str, Value], ...], index: int) -> Expr:
    """An association's ``where:`` (association.ex, expand_where/5)."""
    for name, value in conditions:
        here = ex.FieldExpr(index, name)
        made: Expr
        match value:
            case Known(value=None):
                made = ex.Call("is_nil", (here,))
            case TupleValue(items=(Known(value=Atom(name="not")), Known(value=None))):
                made = ex.Call("not", (ex.Call("is_nil", (here,)),))
            case TupleValue(items=(Known(value=Atom(name="in")), ListValue() as items)):
                made = ex.Call("in", (here, ex.Pin(items, ex.Wrapped("in", FieldType(index, name)))))
            case TupleValue():
                raise NotKnownError(f"the condition of an association on {name} is not followed")
            case _ if fully_known(value):
                made = ex.Call("==", (here, ex.Pin(value, FieldType(index, name))))
            case _:
                raise NotKnownError(f"the condition of an association on {name} is not known")
        on = ex.Call("and", (on, made))
    return on


def moved_to(expr: Expr, index: int) -> Expr:
    """A condition of a query with one source, its binding renumbered."""

    def spec(kind: ex.TypeSpec) -> ex.TypeSpec:
        match kind:
            case FieldType(binding=0, field=name):
                return FieldType(index, name)
            case ex.Wrapped(how=how, type=inner):
                return ex.Wrapped(how, spec(inner))
            case _:
                return kind

    match expr:
        case ex.FieldExpr(binding=0, name=name):
            return ex.FieldExpr(index, name)
        case ex.FieldExpr():
            raise NotKnownError("a joined query with named bindings is not followed")
        case ex.Pin() | ex.Literal():
            return replace(expr, type=spec(expr.type))
        case ex.Call():
            return replace(expr, args=tuple(moved_to(a, index) for a in expr.args))
        case ex.ListExpr():
            return replace(expr, items=tuple(moved_to(a, index) for a in expr.items))
        case ex.Fragment():
            return replace(expr, parts=tuple(p if isinstance(p, str) else moved_to(p, index) for p in expr.parts))
        case ex.Interval():
            return replace(expr, base=moved_to(expr.base, index), count=moved_to(expr.count, index))
        case ex.Raw():
            return expr
        case _:
            raise NotKnownError("a condition of a joined query is not followed")
