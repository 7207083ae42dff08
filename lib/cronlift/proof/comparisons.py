"""The comparisons in a statement, and the rows that stand on their boundaries.

For each comparison of a column with something that can be written as SQL, rows are wanted that lie on the boundary,
one step of the type to either side, at the type's infinities, and NULL. So that the boundary decides about such a
row, the other conditions around it are made to let it through: under AND the siblings true, under OR false.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cronlift.proof.expression import Tree, UnwritableError, column_names, write
from cronlift.proof.inversion import column_of, names_column, solve
from cronlift.proof.scopes import MIRROR, Lookup, Query, operator, queries
from cronlift.proof.tables import Column, Table


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
class _Atom:
    """One comparison solved for its column: ``column op value``."""

    table: Table
    column: Column
    op: str
    values: tuple[str, ...]

    @property
    def text(self) -> str:
        if len(self.values) > 1 and "BETWEEN" not in self.op:
            return f"{self.column.name} {'IN' if self.op == '=' else self.op} ({', '.join(self.values)})"
        return f"{self.column.name} {self.op} {' AND '.join(self.values)}".strip()


def wanted_rows(statement: Tree, lookup: Lookup) -> Found:
    """The rows that the statement's boundaries ask for; ``lookup`` finds a table by schema (or None) and name."""
    wanted: list[Wanted] = []
    vain: list[str] = []
    for query in queries(statement, lookup):
        for number, condition in enumerate(query.conditions):
            around = [(c, True) for i, c in enumerate(query.conditions) if i != number]
            _collect(condition, around, query, wanted, vain)
        for other in query.others:
            _collect(other, [(c, True) for c in query.conditions], query, wanted, vain)
    return Found(tuple(wanted), tuple(dict.fromkeys(vain)))


def _collect(tree: Tree, around: list[tuple[Tree, bool]], query: Query, wanted: list[Wanted], vain: list[str]) -> None:
    """The rows for every comparison below ``tree``; ``around`` are conditions and what they should come out as."""
    kind, node = next(iter(tree.items()))
    if kind == "BoolExpr":
        let_through = node["boolop"] != "OR_EXPR"
        for number, argument in enumerate(node["args"]):
            siblings = [(a, let_through) for i, a in enumerate(node["args"]) if i != number]
            _collect(argument, [*around, *siblings], query, wanted, vain)
        return
    try:
        atom = _atom(tree, query)
    except UnwritableError as why:
        if names := column_names(tree):
            vain.append(f"{_sketch(tree)} on {'.'.join(names[0])}: {why}")
        return
    if atom is None:
        return
    settled: dict[str, str] = {}
    for condition, truth in reversed(around):  # the nearest first: it must hold, one further off may hold otherwise
        settled |= {c: v for c, v in _settle(condition, truth, query, atom.table).items() if c not in settled}
    for value in atom.values or ("",):
        for label, text in boundaries(atom.column, value):
            wanted.append(Wanted(atom.table, {**settled, atom.column.name: text}, ((atom.text, label),)))


def _settle(tree: Tree, truth: bool, query: Query, table: Table) -> dict[str, str]:
    """Values for the table's columns that make the condition come out as ``truth``, where that can be said."""
    kind, node = next(iter(tree.items()))
    if kind == "BoolExpr":
        if node["boolop"] == "NOT_EXPR":
            return _settle(node["args"][0], not truth, query, table)
        every = (node["boolop"] == "AND_EXPR") == truth
        out: dict[str, str] = {}
        for argument in node["args"]:
            found = _settle(argument, truth, query, table)
            if found and not every:
                return found
            out |= found
        return out
    try:
        atom = _atom(tree, query)
    except UnwritableError:
        return {}
    if atom is None or atom.table.oid != table.oid:
        return {}
    value = _satisfying(atom, truth)
    return {} if value is None else {atom.column.name: value}


def _satisfying(atom: _Atom, truth: bool) -> str | None:
    column, op = atom.column, atom.op
    if op in ("IS NULL", "IS NOT NULL", "IS UNKNOWN", "IS NOT UNKNOWN"):
        return "NULL" if column.nullable and truth == ("NOT" not in op) else None
    if op in ("IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"):
        return "true" if truth == (op in ("IS TRUE", "IS NOT FALSE")) else "false"
    if op in ("BETWEEN", "NOT BETWEEN"):
        op, truth = ("=" if truth == (op == "BETWEEN") else "<"), True
    negated = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "=": "<>", "<>": "="}
    op = op if truth else negated[op]
    at = f"CAST({atom.values[0]} AS {column.type})"
    steps = column.step
    if op in ("=", "<=", ">="):
        return at
    if steps is None:
        return column.other_than(at)
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
        elif other := column.other_than(at):
            yield f"{name} another than {value}", other
    if column.category == "B":
        for text in ("true", "false"):
            yield f"{name} = {text}", text
    if column.infinite:
        for text in ("infinity", "-infinity"):
            yield f"{name} = {text}", f"CAST('{text}' AS {column.type})"
    if column.nullable:
        yield f"{name} NULL", "NULL"


def _atom(tree: Tree, query: Query) -> _Atom | None:
    """A comparison, solved; None where the tree is none. Raises UnwritableError where it cannot be solved."""
    kind, node = next(iter(tree.items()))
    if kind == "NullTest":
        solved = solve(node["arg"], query)
        return _Atom(solved.table, solved.column, node["nulltesttype"].replace("_", " "), ()) if solved else None
    if kind in ("ColumnRef", "BooleanTest"):
        solved = solve(node["arg"] if kind == "BooleanTest" else tree, query)
        test = node.get("booltesttype", "IS_TRUE").replace("_", " ")
        return _Atom(solved.table, solved.column, test, ()) if solved and solved.column.category == "B" else None
    if kind != "A_Expr":
        if kind in ("SubLink", "FuncCall", "CaseExpr"):
            raise UnwritableError("the condition is no comparison")
        return None
    op = operator(node)
    if op is None:
        raise UnwritableError(f"the operator {node['name'][-1]['String']['sval']}")
    left, right = node["lexpr"], node["rexpr"]
    values = right["List"]["items"] if "List" in right else [right]
    if not names_column(left, query) and len(values) == 1:
        left, values, op = right, [left], MIRROR[op]
    if not names_column(left, query):
        return None
    solved = solve(left, query)
    if solved is None:
        return None
    texts = tuple(text for value in values for text in solved.invert(write(value, column_of(query, solved.table))))
    return _Atom(solved.table, solved.column, op, texts)


def _sketch(tree: Tree) -> str:
    kind, node = next(iter(tree.items()))
    return f"the comparison {node['name'][-1]['String']['sval']}" if kind == "A_Expr" else "a condition"
