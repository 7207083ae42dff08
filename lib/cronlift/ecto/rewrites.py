"""One statement for all rows of a query, from the one that a loop sends for each of them.

The loop's statement names the row by its primary key, or by one field of the row that it compares with one of its own.
Then its conditions join the query's; or, where the query does more than filter, its key is looked for among what the
query returns. Whatever else depends on the row is taken from the row itself. Nothing else is rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from cronlift.ecto import expression as ex
from cronlift.ecto.database import Database
from cronlift.ecto.query import Condition, From, QueryValue, TableSource
from cronlift.ecto.refusals import NotKnownError
from cronlift.ecto.returned import selecting
from cronlift.ecto.statement import Rendering, Statement
from cronlift.ecto.tables import Tables
from cronlift.elixir.rows import Read, Rewrite, RowField, Rows
from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import Known, Unknown, Value

_NOT_ONE = "loop-not-one-statement"


def read_in(query: QueryValue) -> Read | None:
    """Whose rows the query's values are of; None where none is. Raises NotKnownError for those of several queries."""
    reads = list(dict.fromkeys(v.read for v in _row_values(query)))
    if len(reads) > 1:
        raise NotKnownError("the statement depends on rows of several queries", _NOT_ONE)
    return reads[0] if reads else None


def rewrite(database: Database, tables: Tables, name: str, query: QueryValue, read: Read) -> tuple[Rewrite, Statement]:
    """The statement for all rows of ``read``, where ``query`` is what ``name`` (``delete_all``, ``update_all``) sends
    for one of them. Raises NotKnownError where there is none that does the same."""
    whole = _Rewriting(database, tables, query, read).query()
    rendering = Rendering(database, tables)
    made = rendering.delete_all(whole) if name == "delete_all" else rendering.update_all(whole)
    if any(isinstance(node, Unknown) for node in _nodes(made.parameters)):
        raise NotKnownError("a value that is sent is computed in the application, perhaps from the row", _NOT_ONE)
    return Rewrite(read, made.sql, made.parameters), made


class _Rewriting:
    def __init__(self, database: Database, tables: Tables, query: QueryValue, read: Read) -> None:
        assert isinstance(read.query, QueryValue)
        self.database, self.tables, self.each, self.rows, self.read = database, tables, query, read.query, read
        self.schema = database.schemas.get(read.struct)

    def refuse(self, text: str) -> NotKnownError:
        return NotKnownError(text, _NOT_ONE)

    def query(self) -> QueryValue:
        each = self.each
        if each.joins or each.ctes or each.select is not None or any(w.op != "and" for w in each.wheres):
            raise self.refuse("the statement for each row does more than filter by it")
        conditions = [c for where in each.wheres for c in _conjuncts(where.expr)]
        keys = [k for k in map(_key, conditions) if k is not None]
        if self.schema is None or not keys:
            raise self.refuse("the statement for each row does not name it by one of its fields")
        primary = sorted(f.name for f in self.schema.primary_key)
        named = sorted(f for f, value in keys if _field(value) == f and f in primary)
        own = self._same_table() and named == primary
        used = {id(c) for c in conditions if (k := _key(c)) is not None and (not own or k[0] in primary)}
        rest = [c for c in conditions if id(c) not in used]
        if own:
            rest = [self._of_the_row(c) for c in rest]
            updates = tuple((op, f, self._of_the_row(v)) for op, f, v in each.updates)
        else:
            updates = each.updates
        if any(True for _ in _row_values((rest, updates))):
            raise self.refuse("what is sent depends on more of the row than the field it is found by")
        if own and self._only_filters():
            return replace(
                self.rows, order_bys=(), select=None, updates=updates,
                wheres=(*self.rows.wheres, *(Condition("and", c) for c in rest)),
            )  # fmt: skip
        cut = self.rows.limit is not None or self.rows.offset is not None
        if cut and (self.rows.lock is not None or any(isinstance(n, ex.Fragment) for n in _nodes(self.rows.order_bys))):
            # A subquery in a condition may be run more than once, and these give other rows each time.
            raise self.refuse("which rows the query returns may differ each time it runs")
        if len(keys) != 1:
            raise self.refuse("the rows are found by more than one field, and their query does more than filter")
        (name, value) = keys[0]
        self._check_repetition(name, value, own, updates)
        field = _field(value)
        found = ex.Call("in", (ex.FieldExpr(0, name), ex.SubqueryExpr(selecting(self.rows, field))))
        wheres = (Condition("and", found), *(Condition("and", c) for c in rest))
        return replace(each, wheres=wheres, updates=updates)

    def _same_table(self) -> bool:
        mine, theirs = self.each, self.rows
        return (
            isinstance(theirs.source.source, TableSource)
            and _bare(mine.source) == _bare(theirs.source)
            and mine.prefix == theirs.prefix
        )

    def _only_filters(self) -> bool:
        """Whether the rows' query is conditions on one table, and nothing else but an order."""
        bare = QueryValue(self.rows.source, wheres=self.rows.wheres, order_bys=self.rows.order_bys,
                          select=self.rows.select, aliases=self.rows.aliases, prefix=self.rows.prefix)  # fmt: skip
        return bare == self.rows and not self.rows.source.hints

    def _of_the_row(self, expr: ex.Expr) -> ex.Expr:
        """The row's fields as the columns they were read from."""

        def column(node: object) -> ex.Expr | None:
            if not (isinstance(node, ex.Pin) and isinstance(node.value, RowField) and node.value.read == self.read):
                return None
            at = Rendering(self.database, self.tables).planned(self.each)
            kind, target, _ = at.resolve(node.type)
            _, own, type_, where = at.column(0, node.value.name)
            if own != kind or type_ is None or target != type_:
                raise self.refuse(f"{where} is of another type than what takes its value")
            return ex.FieldExpr(0, node.value.name)

        found = _replaced(expr, column)
        assert isinstance(found, ex.Expr)
        return found

    def _check_repetition(
        self, name: str, value: Value, own: bool, updates: tuple[tuple[str, str, ex.Expr], ...]
    ) -> None:
        """Rows with the same value of the field are met once by the one statement, and once each by the loop."""
        assert self.schema is not None
        if any(field == name for _, field, _ in updates):
            raise self.refuse("the statement changes the field that it finds rows by: a later turn would see that")
        unique = not self.rows.joins and [f.name for f in self.schema.primary_key] == [_field(value)]
        repeatable = all(op == "set" and not _depends_on_row(v) for op, _, v in updates)
        if not (isinstance(value, Rows) or unique or repeatable):
            raise self.refuse("rows may share the value they are found by, and what is sent does not bear repetition")
        if own and not unique and not isinstance(value, Rows):
            raise self.refuse("the query may return a row more than once: its second turn fails in the application")


def _bare(source: From) -> From:
    """The source without its name; a schema's own table named or not is the same."""
    return replace(source, as_=None, hints=())


def _conjuncts(expr: ex.Expr) -> Iterator[ex.Expr]:
    if isinstance(expr, ex.Call) and expr.name == "and":
        for side in expr.args:
            yield from _conjuncts(side)
    else:
        yield expr


def _key(expr: ex.Expr) -> tuple[str, Value] | None:
    """The field and the row's value of ``field == ^row.field``, ``field in ^list``."""
    match expr:
        case ex.Call(name="==", args=(ex.FieldExpr(binding=0, name=name), ex.Pin(value=RowField() as value))):
            return name, value
        case ex.Call(name="==", args=(ex.Pin(value=RowField() as value), ex.FieldExpr(binding=0, name=name))):
            return name, value
        case ex.Call(name="in", args=(ex.FieldExpr(binding=0, name=name), ex.Pin(value=Rows(item=RowField()) as rows))):
            return name, rows
        case _:
            return None


def _field(value: Value) -> str:
    """The name of a row's field, or of the fields in a list of them."""
    inner = value.item if isinstance(value, Rows) else value
    return inner.name if isinstance(inner, RowField) else ""


def _depends_on_row(value: object) -> bool:
    return any(isinstance(node, ex.FieldExpr | ex.Fragment | ex.SubqueryExpr) for node in _nodes(value))


def _row_values(tree: object) -> Iterator[RowField | Rows]:
    for node in _nodes(tree):
        if isinstance(node, RowField | Rows):
            yield node


def _nodes(tree: object) -> Iterator[object]:
    """Every part of a query; what rows come from is not looked into."""
    yield tree
    if isinstance(tree, RowField | Rows | Known | Atom):
        return
    if isinstance(tree, tuple | list):
        for item in tree:
            yield from _nodes(item)
    elif is_dataclass(tree) and not isinstance(tree, type):
        for part in fields(tree):
            yield from _nodes(getattr(tree, part.name))


def _replaced(tree: Any, change: Callable[[object], object | None]) -> Any:
    """The tree with parts changed; ``change`` says None where a part stays."""
    new = change(tree)
    if new is not None:
        return new
    if isinstance(tree, tuple):
        return tuple(_replaced(item, change) for item in tree)
    if isinstance(tree, ex.Expr):
        return replace(tree, **{f.name: _replaced(getattr(tree, f.name), change) for f in fields(tree)})
    return tree
