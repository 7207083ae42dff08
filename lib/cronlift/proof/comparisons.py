"""The comparisons in a statement, and the rows that stand on their boundaries.

For each comparison of a column with something that can be written as SQL, rows are wanted that lie on the boundary,
one step of the type to either side, at the type's infinities, and NULL. So that the boundary decides about such a
row, the other conditions around it are made to let it through: under AND the siblings true, under OR false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cronlift.proof.expression import Tree, UnwritableError, column_names, parts, write
from cronlift.proof.tables import Column, Table

Lookup = Callable[[str | None, str], Table | None]

_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}
_STATEMENTS = ("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")


@dataclass(frozen=True)
class Wanted:
    """A row to plant: some columns' values as SQL; ``stands`` says on which boundaries, and where there."""

    table: Table
    values: dict[str, str]
    stands: tuple[tuple[str, str], ...]

    @property
    def label(self) -> str:
        return " and ".join(dict.fromkeys(where for _, where in self.stands))

    @property
    def extreme(self) -> bool:
        """Whether it stands at an infinity."""
        return any("infinity'" in value for value in self.values.values())


@dataclass(frozen=True)
class Found:
    """What a statement's comparisons ask for, and which ones ask in vain (and why)."""

    wanted: tuple[Wanted, ...]
    not_written: tuple[str, ...]


@dataclass(frozen=True)
class _Level:
    """One query: the tables in its FROM list by alias, and its conditions."""

    tables: dict[str, Table | None]
    conditions: tuple[Tree, ...]
    others: tuple[Tree, ...]


@dataclass(frozen=True)
class _Atom:
    """One comparison solved for its column: ``column op value``."""

    table: Table
    column: Column
    op: str
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        operator = "IN" if len(self.values) > 1 else self.op
        return f"{self.column.name} {operator} {', '.join(self.values)}".strip()


def wanted_rows(statement: Tree, lookup: Lookup) -> Found:
    """The rows that the statement's boundaries ask for; ``lookup`` finds a table by schema (or None) and name."""
    wanted: list[Wanted] = []
    vain: list[str] = []
    for level in _levels(statement, lookup):
        for number, condition in enumerate(level.conditions):
            around = [(c, True) for i, c in enumerate(level.conditions) if i != number]
            _collect(condition, around, level, wanted, vain)
        for other in level.others:
            _collect(other, [(c, True) for c in level.conditions], level, wanted, vain)
    return Found(tuple(wanted), tuple(dict.fromkeys(vain)))


def _levels(tree: Any, lookup: Lookup) -> Iterator[_Level]:
    """Every query of a statement, subqueries too."""
    if isinstance(tree, list):
        for item in tree:
            yield from _levels(item, lookup)
        return
    if not isinstance(tree, dict):
        return
    for key, value in tree.items():
        if key in _STATEMENTS and isinstance(value, dict):
            yield _level(key, value, lookup)
        yield from _levels(value, lookup)


def _level(kind: str, node: Tree, lookup: Lookup) -> _Level:
    tables: dict[str, Table | None] = {}
    conditions: list[Tree] = []
    sources = [*node.get("fromClause", []), *node.get("usingClause", [])]
    if "relation" in node and kind != "InsertStmt":
        sources.append({"RangeVar": node["relation"]})
    if kind == "MergeStmt":
        sources.append(node["sourceRelation"])
        conditions.append(node["joinCondition"])
    for source in sources:
        _source(source, tables, conditions, lookup)
    if "whereClause" in node:
        conditions.append(node["whereClause"])
    others = list(_comparisons([node.get(k) for k in ("targetList", "havingClause", "mergeWhenClauses")]))
    flat = [part for condition in conditions for part in _conjuncts(condition)]
    return _Level(tables, tuple(flat), tuple(others))


def _source(source: Tree, tables: dict[str, Table | None], conditions: list[Tree], lookup: Lookup) -> None:
    kind, node = next(iter(source.items()))
    if kind == "RangeVar":
        alias = node.get("alias", {}).get("aliasname") or node["relname"]
        tables[alias] = lookup(node.get("schemaname"), node["relname"])
    elif kind == "JoinExpr":
        _source(node["larg"], tables, conditions, lookup)
        _source(node["rarg"], tables, conditions, lookup)
        if "quals" in node:
            conditions.append(node["quals"])
    elif "alias" in node:
        tables[node["alias"]["aliasname"]] = None


def _conjuncts(tree: Tree) -> list[Tree]:
    if tree.get("BoolExpr", {}).get("boolop") == "AND_EXPR":
        return [part for arg in tree["BoolExpr"]["args"] for part in _conjuncts(arg)]
    return [tree]


def _comparisons(tree: Any) -> Iterator[Tree]:
    """Comparisons outside of conditions (CASE, FILTER, …), those of subqueries left to their own level."""
    if isinstance(tree, list):
        for item in tree:
            yield from _comparisons(item)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key == "A_Expr" and _op(value) in _MIRROR:
                yield {key: value}
            elif key not in _STATEMENTS:
                yield from _comparisons(value)


def _collect(tree: Tree, around: list[tuple[Tree, bool]], level: _Level, wanted: list[Wanted], vain: list[str]) -> None:
    """The rows for every comparison below ``tree``; ``around`` are conditions and what they should come out as."""
    kind, node = next(iter(tree.items()))
    if kind == "BoolExpr":
        let_through = node["boolop"] != "OR_EXPR"
        for number, argument in enumerate(node["args"]):
            siblings = [(a, let_through) for i, a in enumerate(node["args"]) if i != number]
            _collect(argument, [*around, *siblings], level, wanted, vain)
        return
    try:
        atom = _atom(tree, level)
    except UnwritableError as why:
        if names := column_names(tree):
            vain.append(f"{_sketch(tree)} on {'.'.join(names[0])}: {why}")
        return
    if atom is None:
        return
    settled: dict[str, str] = {}
    for condition, truth in around:
        settled |= {c: v for c, v in _settle(condition, truth, level, atom.table).items() if c not in settled}
    for value in atom.values or ("",):
        for label, text in boundaries(atom.column, value):
            wanted.append(Wanted(atom.table, {**settled, atom.column.name: text}, ((atom.text, label),)))


def _settle(tree: Tree, truth: bool, level: _Level, table: Table) -> dict[str, str]:
    """Values for the table's columns that make the condition come out as ``truth``, where that can be said."""
    kind, node = next(iter(tree.items()))
    if kind == "BoolExpr":
        if node["boolop"] == "NOT_EXPR":
            return _settle(node["args"][0], not truth, level, table)
        every = (node["boolop"] == "AND_EXPR") == truth
        out: dict[str, str] = {}
        for argument in node["args"]:
            found = _settle(argument, truth, level, table)
            if found and not every:
                return found
            out |= found
        return out
    try:
        atom = _atom(tree, level)
    except UnwritableError:
        return {}
    if atom is None or atom.table.oid != table.oid:
        return {}
    value = _satisfying(atom, truth)
    return {} if value is None else {atom.column.name: value}


def _satisfying(atom: _Atom, truth: bool) -> str | None:
    column, op = atom.column, atom.op
    if op == "IS NULL":
        return ("NULL" if column.nullable else None) if truth else None
    if op == "IS TRUE":
        return "true" if truth else "false"
    negated = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "<>", "<>": "="}
    op = op if truth else negated[op]
    at = f"CAST({atom.values[0]} AS {column.type})"
    steps = column.step
    if op in ("=", "<=", ">="):
        return at
    if steps is None:
        return None
    if column.category == "S":
        return "''" if op == "<" else f"({at} || '~')"
    return f"({at} - {steps})" if op == "<" else f"({at} + {steps})"


def boundaries(column: Column, value: str) -> Iterator[tuple[str, str]]:
    """Where rows should stand for one compared value ('' for a test on NULL or on a boolean): label and SQL."""
    name = column.name
    if value:
        at = f"CAST({value} AS {column.type})"
        yield f"{name} = {value}", at
        if column.step is not None and column.category == "S":
            yield f"{name} just after {value}", f"({at} || '~')"
        elif column.step is not None:
            yield f"{name} = {value} - {column.step_words}", f"({at} - {column.step})"
            yield f"{name} = {value} + {column.step_words}", f"({at} + {column.step})"
    if column.category == "B":
        for text in ("true", "false"):
            yield f"{name} = {text}", text
    if column.infinite:
        for text in ("infinity", "-infinity"):
            yield f"{name} = {text}", f"CAST('{text}' AS {column.type})"
    if column.nullable:
        yield f"{name} NULL", "NULL"


def _atom(tree: Tree, level: _Level) -> _Atom | None:
    """A comparison, solved; None where the tree is none. Raises UnwritableError where it cannot be solved."""
    kind, node = next(iter(tree.items()))
    if kind == "NullTest":
        solved = _solve(node["arg"], "", level)
        return _Atom(solved.table, solved.column, "IS NULL", ()) if solved else None
    if kind in ("ColumnRef", "BooleanTest"):
        solved = _solve(node["arg"] if kind == "BooleanTest" else tree, "", level)
        return _Atom(solved.table, solved.column, "IS TRUE", ()) if solved and solved.column.category == "B" else None
    if kind != "A_Expr":
        if kind in ("SubLink", "FuncCall", "CaseExpr"):
            raise UnwritableError("the condition is no comparison")
        return None
    op = _op(node)
    if op is None:
        raise UnwritableError(f"the operator {node['name'][-1]['String']['sval']}")
    left, right = node["lexpr"], node["rexpr"]
    values = right["List"]["items"] if "List" in right else [right]
    if not _columns_here(left, level) and len(values) == 1:
        left, values, op = right, [left], _MIRROR[op]
    if not _columns_here(left, level):
        return None
    solved = _solve(left, None, level)
    if solved is None:
        return None
    texts = tuple(text for value in values for text in solved.invert(write(value, _same_table(level, solved.table))))
    return _Atom(solved.table, solved.column, op, texts)


def _op(node: Tree) -> str | None:
    kind, name = node.get("kind"), node["name"][-1]["String"]["sval"]
    if kind in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"):
        return "="
    if kind in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
        return "<>" if kind == "AEXPR_DISTINCT" else "="
    if kind == "AEXPR_IN" or (kind == "AEXPR_OP" and "lexpr" in node):
        return {"!=": "<>"}.get(name, name) if {"!=": "<>"}.get(name, name) in _MIRROR else None
    return None


@dataclass(frozen=True)
class _Solved:
    """The column a side comes down to, and how a value of that side becomes one of the column (one or several)."""

    table: Table
    column: Column
    invert: Callable[[str], tuple[str, ...]] = field(default=lambda value: (value,))


def _solve(tree: Tree, _: str | None, level: _Level) -> _Solved | None:
    """Invert what stands around a column: ``created + interval '1 day' < now()`` asks for ``now() - interval …``."""
    kind, node = next(iter(tree.items()))
    if kind == "ColumnRef":
        return _resolve(parts(node), level)
    if kind == "TypeCast":
        inner = _solve(node["arg"], None, level)
        day = node["typeName"]["names"][-1]["String"]["sval"] == "date"
        return _then(inner, (lambda v: (v, f"({v} + 1)")) if day else (lambda v: (v,)))
    if kind == "CoalesceExpr":
        return _solve(node["args"][0], None, level)
    if kind == "A_Expr" and node.get("kind") == "AEXPR_OP" and "lexpr" in node:
        return _solve_operator(node, level)
    if kind == "FuncCall":
        return _solve_call(node, level)
    raise UnwritableError("the column stands inside an expression that cannot be turned around")


def _solve_operator(node: Tree, level: _Level) -> _Solved | None:
    op, left, right = node["name"][0]["String"]["sval"], node["lexpr"], node["rexpr"]
    inverse: Callable[[str, str], str]
    if _columns_here(left, level) and not _columns_here(right, level):
        inner, other = _solve(left, None, level), write(right, _nothing)
        turned = {"+": "-", "-": "+", "*": "/", "/": "*"}.get(op)
        inverse = lambda v, o: f"({v} {turned} {o})"  # noqa: E731
    elif _columns_here(right, level) and not _columns_here(left, level):
        inner, other = _solve(right, None, level), write(left, _nothing)
        turned = {"+": "-", "-": "-", "*": "/"}.get(op)
        inverse = (lambda v, o: f"({o} - {v})") if op == "-" else (lambda v, o: f"({v} {turned} {o})")
    else:
        raise UnwritableError("both sides of the operator name columns")
    if turned is None:
        raise UnwritableError(f"the column stands beside the operator {op}")
    return _then(inner, lambda v: (inverse(v, other),))


def _solve_call(node: Tree, level: _Level) -> _Solved | None:
    name, args = node["funcname"][-1]["String"]["sval"], node.get("args", [])
    if name in ("lower", "upper") and len(args) == 1:
        return _solve(args[0], None, level)
    if name == "timezone" and len(args) == 2 and not _columns_here(args[0], level):
        zone = write(args[0], _nothing)
        return _then(_solve(args[1], None, level), lambda v: (f"timezone({zone}, {v})",))
    if name == "date_trunc" and len(args) == 2 and "A_Const" in args[0]:
        unit = str(args[0]["A_Const"].get("sval", {}).get("sval", "")).lower()
        step = "interval '3 months'" if unit == "quarter" else f"interval '1 {unit}'"
        return _then(_solve(args[1], None, level), lambda v: (v, f"({v} + {step})"))
    if (
        name in ("extract", "date_part")
        and len(args) == 2
        and args[0].get("A_Const", {}).get("sval", {}).get("sval", "").lower() == "epoch"
    ):
        return _then(_solve(args[1], None, level), lambda v: (f"make_interval(secs => {v})",))
    raise UnwritableError(f"the column stands inside {name}(…)")


def _then(inner: _Solved | None, step: Callable[[str], tuple[str, ...]]) -> _Solved | None:
    if inner is None:
        return None
    return _Solved(inner.table, inner.column, lambda value: tuple(v for w in step(value) for v in inner.invert(w)))


def _resolve(name: tuple[str, ...], level: _Level) -> _Solved | None:
    if name[-1] == "*":
        return None
    if len(name) > 1:
        table = level.tables.get(name[-2])
        if table is None:
            raise UnwritableError(f"{'.'.join(name)} is not a column of a table here")
        found = [(table, table.column(name[-1]))]
    else:
        found = [(t, t.column(name[0])) for t in level.tables.values() if t is not None]
    hits = [(t, c) for t, c in found if c is not None]
    if len(hits) != 1:
        raise UnwritableError(f"{'.'.join(name)} is not a column of a table here")
    table, column = hits[0]
    assert column is not None
    origin = table.origin(column)
    if origin is None:
        raise UnwritableError(f"{'.'.join(name)} is computed by the view {table.name}")
    return _Solved(*origin)


def _columns_here(tree: Tree, level: _Level) -> bool:
    for name in column_names(tree):
        try:
            if _resolve(name, level) is not None:
                return True
        except UnwritableError as why:
            if "computed by" in str(why):
                return True
    return False


def _same_table(level: _Level, table: Table) -> Callable[[tuple[str, ...]], str]:
    """Columns of the compared row itself may stand on the other side; others would be another row's."""

    def column(name: tuple[str, ...]) -> str:
        solved = _resolve(name, level)
        if solved is None or solved.table.oid != table.oid:
            raise UnwritableError("it is compared with a column of another table")
        return solved.column.sql

    return column


def _nothing(name: tuple[str, ...]) -> str:
    raise UnwritableError(f"it depends on {'.'.join(name)}")


def _sketch(tree: Tree) -> str:
    kind, node = next(iter(tree.items()))
    return f"the comparison {node['name'][-1]['String']['sval']}" if kind == "A_Expr" else "a condition"
