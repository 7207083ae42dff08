"""When a row becomes one that a time-based DELETE takes: its condition, solved for the clock.

``expires_at < now()`` holds from ``expires_at`` on, ``seen < now() - interval '7 days'`` from ``seen + interval '7
days'``. What is found is a time before which no row is taken; a run that comes a moment early finds nothing and asks
for the next.
"""

from __future__ import annotations

import re

from cronlift.generate.quoting import quote_ident
from cronlift.proof.expression import Tree, UnwritableError, column_names, write
from cronlift.proof.inversion import no_column
from cronlift.proof.scopes import MIRROR, Query, operator

_CLOCKS = {"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"}
_BEFORE = ("<", "<=")
_NO_FIXED_LENGTH = re.compile(
    r"(\d\s*|\b)(mons?|months?|years?|yrs?|y|decades?|centur(y|ies)|millenniu?ms?|millennia)\b|'P\d+[YM]", re.IGNORECASE
)
_TRUNCATED = ("microseconds", "milliseconds", "second")


class NotDerivableError(Exception):
    """Why nothing can be derived, in words."""


def asks_clock(tree: object) -> bool:
    """Whether an expression asks for the time anywhere in it."""
    if isinstance(tree, list):
        return any(asks_clock(item) for item in tree)
    if not isinstance(tree, dict):
        return False
    for key, value in tree.items():
        if key == "SQLValueFunction" and str(value.get("op", "")).startswith(("SVFOP_CURRENT_", "SVFOP_LOCAL")):
            return not str(value["op"]).endswith(("_USER", "_ROLE", "_SCHEMA", "_CATALOG"))
        if key == "FuncCall" and value["funcname"][-1]["String"]["sval"] in {*_CLOCKS, "timeofday", "age"}:
            return True
        if asks_clock(value):
            return True
    return False


def due(query: Query, alias: str = "") -> str | None:
    """SQL for the earliest time at which a row of the query's one table meets all conditions; None where no condition
    asks the clock. ``alias`` stands before the columns.

    Raises NotDerivableError where a condition on the clock is not a column that is earlier than the time.
    """
    found = []
    for condition in query.conditions:
        if asks_clock(condition):
            found.append(_due(condition, alias))
    if not found:
        return None
    return found[0] if len(found) == 1 else f"greatest({', '.join(found)})"


def _due(condition: Tree, alias: str) -> str:
    kind, node = next(iter(condition.items()))
    op = operator(node) if kind == "A_Expr" else None
    if op is None or node.get("kind") != "AEXPR_OP":
        raise NotDerivableError("a condition on the clock that is no plain comparison")
    column, clock = node["lexpr"], node["rexpr"]
    if asks_clock(column):
        column, clock, op = clock, column, MIRROR[op]
    if asks_clock(column) or not column_names(column) or column_names(clock):
        raise NotDerivableError("a comparison with the clock in which both sides are computed")
    if op not in _BEFORE:
        raise NotDerivableError(f"rows are taken while a column is {op} the time, so they need not become due at all")
    try:
        text = write(column, lambda name: f"{alias}{quote_ident(name[-1])}")
        return _at(clock, text)
    except UnwritableError as why:
        raise NotDerivableError(f"a comparison with the clock that holds {why}") from None


def _at(clock: Tree, value: str) -> str:
    """The time at which the clock's expression reaches ``value``."""
    kind, node = next(iter(clock.items()))
    if kind == "SQLValueFunction" and node["op"] in ("SVFOP_CURRENT_TIMESTAMP",):
        return value
    if kind == "FuncCall":
        name, args = node["funcname"][-1]["String"]["sval"], node.get("args", [])
        if name in _CLOCKS and not args:
            return value
        if name == "timezone" and len(args) == 2:
            return _at(args[1], f"timezone({write(args[0], no_column)}, {value})")
        if name == "date_trunc" and args and args[0].get("A_Const", {}).get("sval", {}).get("sval") in _TRUNCATED:
            return _at(args[1], value)  # a second early at most
    if kind == "A_Expr" and node.get("kind") == "AEXPR_OP" and "lexpr" in node and not asks_clock(node["rexpr"]):
        turned = {"+": "-", "-": "+"}.get(node["name"][0]["String"]["sval"])
        if turned:
            other = write(node["rexpr"], no_column)
            if _NO_FIXED_LENGTH.search(other):
                raise NotDerivableError(f"{other}: months and years have no fixed length")
            return _at(node["lexpr"], f"({value} {turned} {other})")
    if kind == "TypeCast":
        names = [part["String"]["sval"] for part in node["typeName"]["names"]]
        if names[-1] in ("timestamptz", "timestamp"):
            return _at(node["arg"], value)
    raise NotDerivableError("an expression of the clock that cannot be solved for the time")
