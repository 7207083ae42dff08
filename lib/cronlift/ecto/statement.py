"""Whole statements: SELECT, UPDATE and DELETE of a query (ecto_sql lib/ecto/adapters/postgres/connection.ex, all/2,
update_all/2, delete_all/1), with what Ecto refuses refused (ecto lib/ecto/query/planner.ex, assert_*)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace

from cronlift.ecto import expression as ex
from cronlift.ecto.casting import cast
from cronlift.ecto.constraints import check_not_null
from cronlift.ecto.database import Database
from cronlift.ecto.expression import Expr
from cronlift.ecto.fragments import quoted
from cronlift.ecto.literals import Writer
from cronlift.ecto.query import Condition, Cte, QueryValue, check
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.render import Expressions
from cronlift.ecto.select import Selected, flattened, named
from cronlift.ecto.sources import Plan, Planned, PlannedJoin
from cronlift.ecto.tables import Tables
from cronlift.ecto.types import cast_name
from cronlift.elixir import clock_sql
from cronlift.elixir.values import Known, Value

_JOINS = {
    "inner": "INNER JOIN", "inner_lateral": "INNER JOIN LATERAL", "left": "LEFT OUTER JOIN",
    "left_lateral": "LEFT OUTER JOIN LATERAL", "right": "RIGHT OUTER JOIN", "full": "FULL OUTER JOIN",
    "cross": "CROSS JOIN", "cross_lateral": "CROSS JOIN LATERAL",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's text with ``$n`` for its ``parameters``; ``fragments``: whether it holds SQL written by hand;
    ``returns``: whether it returns rows; ``doubts``: what in it depends on the session's time zone."""

    sql: str
    parameters: tuple[Value, ...]
    fragments: bool
    returns: bool
    doubts: tuple[str, ...] = ()


@dataclass(slots=True)
class Rendering:
    """One statement in the making."""

    database: Database
    tables: Tables
    writer: Writer = field(default_factory=Writer)
    fragments: bool = False
    doubts: list[str] = field(default_factory=list)

    def zone_doubt(self, text: str) -> None:
        """Note what in the statement depends on the session's time zone; it is written all the same."""
        self.doubts.append(text)

    # ── whole statements ──
    def done(self, sql: str, *, returns: bool) -> Statement:
        return Statement(sql, tuple(self.writer.parameters), self.fragments, returns, tuple(self.doubts))

    def select(self, query: QueryValue) -> Statement:
        """What ``Repo.all`` sends."""
        if query.preloads:
            raise NotKnownError("preload sends further queries", "ecto-preload")
        text, _ = self.all(query, None, "", frozenset())
        return self.done(text, returns=True)

    def delete_all(self, query: QueryValue) -> Statement:
        """What ``Repo.delete_all`` sends."""
        _only_filters(query, "delete_all")
        if query.updates:
            raise RaisesError("delete_all takes no update expressions")
        at = self._planned(query, None, "", frozenset())
        ctes = self._ctes(query, at)
        first = self._source(at, at.plan.source(0))
        froms, conditions = self._using(at, "delete_all")
        using = f" USING {froms}" if froms else ""
        where = self.where(at, (*conditions, *query.wheres))
        returning = self._returning(at)
        text = f"{ctes}DELETE FROM {first} AS {at.plan.source(0).alias}{using}{where}{returning}"  # noqa: S608
        return self.done(text, returns=bool(returning))

    def update_all(self, query: QueryValue) -> Statement:
        """What ``Repo.update_all`` sends."""
        _only_filters(query, "update_all")
        at = self._planned(query, None, "", frozenset())
        ctes = self._ctes(query, at)
        first = self._source(at, at.plan.source(0))
        # The joins first: what a joined subquery returns is known only then.
        froms, conditions = self._using(at, "update_all")
        changes = self.changes(at, query)
        using = f" FROM {froms}" if froms else ""
        where = self.where(at, (*conditions, *query.wheres))
        returning = self._returning(at)
        text = f"{ctes}UPDATE {first} AS {at.plan.source(0).alias} SET {changes}{using}{where}{returning}"  # noqa: S608
        return self.done(text, returns=bool(returning))

    def changes(self, at: Expressions, query: QueryValue) -> str:
        """The SET list (update_op/5; planner.ex, assert_update!/2)."""
        names = [name for _, name, _ in query.updates]
        if not names:
            raise RaisesError("update_all needs a field to update")
        if len(set(names)) != len(names):
            raise RaisesError("update_all changes a field twice")
        out = []
        for op, name, value in query.updates:
            source = at.plan.source(0)
            found = source.field(name)
            if found and found.writable != "always":
                raise RaisesError(f"the field {name} cannot be updated")
            column, kind, type_, where = at.column(0, name)
            target = quoted(column)
            _check_assignment(at, value, kind.name, type_, where)
            check_not_null(self.tables.get(source.prefix, source.table), column, op == "set" and _is_null(value))
            text = at.expr(value)
            own = f"{source.alias}.{target}"
            match op:
                case "set":
                    out.append(f"{target} = {text}")
                case "inc":
                    out.append(f"{target} = {own} + {text}")
                case "push":
                    out.append(f"{target} = array_append({own}, {text})")
                case _:
                    out.append(f"{target} = array_remove({own}, {text})")
        return ", ".join(out)

    # ── parts of an INSERT ──
    def planned(self, query: QueryValue) -> Expressions:
        """A query's sources, outside of any other query."""
        at = self._planned(query, None, "", frozenset())
        for index in range(len(at.plan.sources)):
            source = at.plan.source(index)
            if source.kind == "subquery" and not source.columns:
                Rendering(self.database, self.tables)._source(at, source)
        return at

    def where(self, at: Expressions, wheres: tuple[Condition, ...]) -> str:
        return self._conditions(at, " WHERE ", wheres)

    def inserted(self, query: QueryValue) -> str:
        """The SELECT of an INSERT: its literals are kept."""
        check(query)
        if query.preloads:
            raise RaisesError("insert_all from a query that preloads")
        assert isinstance(query.select, ex.TupleExpr)
        return self.all(query, None, "", frozenset(), kept=query.select.items)[0]

    # ── queries ──
    def _planned(
        self, query: QueryValue, parent: Expressions | None, as_prefix: str, cte_names: frozenset[str]
    ) -> Expressions:
        names = cte_names | {c.name for c in query.ctes}
        return Expressions(self, Plan(self.database, query, as_prefix, names), parent)

    def all(
        self,
        query: QueryValue,
        parent: Expressions | None,
        as_prefix: str,
        cte_names: frozenset[str],
        *,
        names: bool = False,
        kept: tuple[Expr, ...] = (),
    ) -> tuple[str, list[Selected]]:
        """A SELECT, with what it selects; ``names``: each field gets its name, as a source's fields have; ``kept``:
        just these, literals included."""
        check(query)
        if query.updates:
            raise RaisesError("a query that is read holds update expressions")
        at = self._planned(query, parent, as_prefix, cte_names)
        ctes = self._ctes(query, at)
        # Sources are rendered first: a subquery's fields are known only then.
        first = at.plan.source(0)
        head = f" FROM {self._source(at, first)} AS {self.alias(first)}"
        joins = "".join(f" {self._join(at, j)}" for j in at.plan.joins)
        if kept:
            fields = [Selected("", e, "") for e in kept]
        elif names or parent is not None:
            fields = named(at, query.select, source=names)
        else:
            fields = flattened(at, query.select)
        for item in fields:
            item.text = at.expr(item.expr)
        shown = ", ".join(f"{f.text} AS {quoted(f.alias)}" if f.alias else f.text for f in fields) or "TRUE"
        distinct, ordering = self._distinct(at, query)
        text = f"{ctes}SELECT{distinct} {shown}{head}{joins}{self.where(at, query.wheres)}"
        if query.group_bys:
            text += f" GROUP BY {', '.join(map(at.expr, query.group_bys))}"
        text += self._conditions(at, " HAVING ", query.havings)
        if query.windows:
            text += " WINDOW " + ", ".join(f"{quoted(n)} AS {at.window(w)}" for n, w in query.windows)
        for kind, other in query.combinations:
            inner, selected = self.all(replace(other, prefix=other.prefix or query.prefix), parent, as_prefix,
                                       at.plan.cte_names)  # fmt: skip
            if len(selected) != len(fields):
                raise RaisesError("the queries of a set operation select another number of fields")
            text += f" {kind.upper().replace('_', ' ')} ({inner})"
        orders = ordering if isinstance(query.distinct, tuple) else list(query.order_bys)
        if orders:
            text += f" ORDER BY {', '.join(map(at.ordered, orders))}"
        return text + self._end(at, query), fields

    def _end(self, at: Expressions, query: QueryValue) -> str:
        text = ""
        if query.limit is not None:
            number = at.expr(query.limit.expr)
            if query.limit.with_ties and not query.order_bys:
                raise RaisesError("with_ties needs an order")
            text += f" FETCH FIRST {number} ROWS WITH TIES" if query.limit.with_ties else f" LIMIT {number}"
        if query.offset is not None:
            text += f" OFFSET {at.expr(query.offset)}"
        if query.lock is not None:
            text += f" {query.lock if isinstance(query.lock, str) else at.expr(query.lock)}"
        return text

    def _distinct(self, at: Expressions, query: QueryValue) -> tuple[str, list[tuple[str, Expr]]]:
        match query.distinct:
            case None | False:
                return "", []
            case True:
                return " DISTINCT", []
            case pairs:
                shared = 0
                while shared < min(len(pairs), len(query.order_bys)) and pairs[shared] == query.order_bys[shared]:
                    shared += 1
                shown = ", ".join(at.expr(e) for _, e in pairs)
                # order_by_concat/2: what both begin with is written once.
                return f" DISTINCT ON ({shown})", [*pairs, *query.order_bys[shared:]]

    def subquery(self, query: QueryValue, at: Expressions, *, source: bool) -> tuple[str, int]:
        """A subquery in an expression, in parentheses, and how many fields it returns."""
        inner = replace(query, prefix=query.prefix or at.plan.query.prefix)
        if query.preloads:
            raise RaisesError("a subquery cannot preload")
        text, fields = self.all(inner, at, f"s{at.plan.as_prefix}", at.plan.cte_names, names=source)
        return f"({text})", len(fields)

    def _source(self, at: Expressions, source: Planned) -> str:
        match source.kind:
            case "table":
                name = quoted(source.table)
                return f"{quoted(source.prefix)}.{name}" if source.prefix is not None else name
            case "subquery":
                assert source.query is not None
                if source.query.preloads:
                    raise RaisesError("a subquery cannot preload")
                text, fields = self.all(source.query, at, f"s{at.plan.as_prefix}", at.plan.cte_names, names=True)
                source.columns = {f.alias or f.name: (f.type, f.column) for f in fields}
                return f"({text})"
            case "fragment":
                assert source.fragment is not None
                return at.fragment(source.fragment)
            case _:
                return self._values(at, source)

    def _values(self, at: Expressions, source: Planned) -> str:
        assert source.values is not None
        rows = []
        for row in source.values.rows:
            shown = []
            for (name, value), (_, kind) in zip(row, source.values.types, strict=True):
                type_ = cast_name(kind)
                if type_ is None:
                    raise NotKnownError(f"values/2 with {kind} is not followed", "custom-type")
                shown.append(f"{self.writer.write(cast(value, kind), kind, type_, name)}::{type_}")
            rows.append(f"({','.join(shown)})")
        return f"(VALUES {','.join(rows)})"

    def alias(self, source: Planned) -> str:
        if source.kind == "values" and source.values is not None:
            names = ",".join(quoted(n) for n, _ in source.values.types)
            return f"{source.alias} ({names})"
        return source.alias

    def _join(self, at: Expressions, join: PlannedJoin) -> str:
        source = at.plan.source(join.index)
        text = f"{_JOINS[join.qualifier]} {self._source(at, source)} AS {self.alias(source)}"
        if join.on is None:
            return text if join.qualifier.startswith("cross") else f"{text} ON TRUE"
        return f"{text} ON {at.condition(join.on)}"

    def _using(self, at: Expressions, operation: str) -> tuple[str, tuple[Condition, ...]]:
        """Joins of an UPDATE or DELETE: inner ones become its FROM or USING (using_join/4)."""
        joins = at.plan.joins
        inner = [j for j in joins if j.qualifier == "inner"]
        if operation == "delete_all" and len(inner) != len(joins):
            raise RaisesError("delete_all takes inner joins only")
        lead = joins[: next((i for i, j in enumerate(joins) if j.qualifier != "inner"), len(joins))]
        if joins and not lead:
            raise RaisesError("update_all needs an inner join before any other join")
        froms = ", ".join(
            f"{self._source(at, at.plan.source(j.index))} AS {self.alias(at.plan.source(j.index))}" for j in lead
        )
        for join in joins[len(lead) :]:
            if join.on is not None and 0 in set(bindings_in(join.on)):
                # The target of an UPDATE is not in its FROM list (manual, UPDATE; parser/analyze.c).
                raise RaisesError("a join of update_all names the updated table in its `on`, which PostgreSQL refuses")
        others = "".join(f" {self._join(at, j)}" for j in joins[len(lead) :])
        return froms + others, tuple(Condition("and", j.on) for j in lead if j.on is not None)

    def _conditions(self, at: Expressions, word: str, conditions: tuple[Condition, ...]) -> str:
        """``or_where`` puts all that stands before it in parentheses (boolean/4)."""
        if not conditions:
            return ""
        op, text = conditions[0].op, f"({at.condition(conditions[0].expr)})"
        for condition in conditions[1:]:
            left = text if condition.op == op else f"({text})"
            op, text = condition.op, f"{left} {condition.op.upper()} ({at.condition(condition.expr)})"
        return word + text

    def _ctes(self, query: QueryValue, at: Expressions) -> str:
        if not query.ctes:
            return ""
        shown = ", ".join(self._cte(c, query, at) for c in query.ctes)
        return f"WITH {'RECURSIVE ' if query.recursive else ''}{shown} "

    def _cte(self, cte: Cte, query: QueryValue, at: Expressions) -> str:
        how = {None: "", True: "MATERIALIZED ", False: "NOT MATERIALIZED "}[cte.materialized]
        if cte.operation != "all":
            raise NotKnownError("a common table expression that changes rows is not followed")
        if isinstance(cte.query, ex.Fragment):
            return f"{quoted(cte.name)} AS {how}({at.fragment(cte.query)})"
        inner = replace(cte.query, prefix=cte.query.prefix or query.prefix)
        text, _ = self.all(inner, at, f"s{at.plan.as_prefix}", at.plan.cte_names, names=True)
        return f"{quoted(cte.name)} AS {how}({text})"

    def _returning(self, at: Expressions) -> str:
        select = at.plan.query.select
        if select is None:
            return ""
        shown = [at.expr(f.expr) for f in flattened(at, select)]
        return f" RETURNING {', '.join(shown) or 'TRUE'}"


def bindings_in(node: object) -> Iterator[object]:
    """Every binding an expression names, outside of subqueries."""
    if isinstance(node, ex.FieldExpr):
        yield node.binding
    elif isinstance(node, ex.Expr) and not isinstance(node, ex.SubqueryExpr):
        for part in fields(node):
            yield from bindings_in(getattr(node, part.name))
    elif isinstance(node, tuple):
        for item in node:
            yield from bindings_in(item)


def _only_filters(query: QueryValue, operation: str) -> None:
    check(query)
    forbidden = {
        "order_by": query.order_bys, "limit": query.limit, "offset": query.offset, "group_by": query.group_bys,
        "having": query.havings, "preload": query.preloads, "distinct": query.distinct is not None,
        "lock": query.lock, "windows": query.windows, "a set operation": query.combinations,
    }  # fmt: skip
    for name, there in forbidden.items():
        if there:
            raise RaisesError(f"{operation} refuses {name}")


def _is_null(value: Expr) -> bool:
    return isinstance(value, ex.Literal | ex.Pin) and value.value == Known(None)


def _check_assignment(at: Expressions, value: Expr, kind: str, column: str | None, where: str) -> None:
    """A computed timestamp that is stored in a timestamptz is read in the session's time zone."""
    if isinstance(value, ex.Interval) and value.kind == "timestamp":
        if column is None:
            raise NotKnownError(f"the type of {where} is not known", "column-type-unknown")
        if clock_sql.type_name(column) == "timestamptz":
            at.rendering.zone_doubt(
                f"a timestamp is stored in {where}, a timestamptz: what it means depends on the session's time zone"
            )
            return
    found = clock_sql.type_name(at.type_of(value) or "")
    target = clock_sql.type_name(column or "")
    if found and target and "timestamptz" in (found, target) and found != target:
        at.rendering.zone_doubt(
            f"{where} gets a value of another kind of time: what it means depends on the session's time zone"
        )
