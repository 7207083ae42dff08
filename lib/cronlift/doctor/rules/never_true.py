"""A condition that is never true: the statement succeeds at every run and does nothing.

``array_length`` of an empty array is NULL, not 0; nothing is ``= NULL``; ``to_char(…, 'Day')`` pads its names with
blanks; ``dow`` is 0 to 6, ``isodow`` 1 to 7 (manual, "Array Functions", "Comparison", "Data Type Formatting").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql import tree
from cronlift.sql.facts import walk
from cronlift.sql.unit import Unit

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>", "!=": "!="}
# What a function can return at all.
_RANGES: dict[str, tuple[float, float]] = {
    "cardinality": (0, float("inf")), "length": (0, float("inf")), "char_length": (0, float("inf")),
    "jsonb_array_length": (0, float("inf")), "json_array_length": (0, float("inf")), "count": (0, float("inf")),
    "array_length": (1, float("inf")), "array_ndims": (1, 6), "octet_length": (0, float("inf")),
}  # fmt: skip
_FIELDS = {
    "dow": (0, 6), "isodow": (1, 7), "hour": (0, 23), "minute": (0, 59), "month": (1, 12), "day": (1, 31),
    "doy": (1, 366), "week": (1, 53), "quarter": (1, 4),
}  # fmt: skip


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    said = set()
    for unit in examined.units:
        for condition in tree.conditions(unit):
            for why, instead in [*_everywhere(condition), *_whole(condition, unit, examined)]:
                if why not in said:
                    said.add(why)
                    text = f"it does less than it says, without an error: {why}{unit.place}"
                    yield Flaw("warning", text, _fix(unit, examined, instead))


def _fix(unit: Unit, examined: Examined, instead: str) -> str:
    if unit.inside and unit.inside[-1].oid:
        return f"-- in {unit.inside[-1].full_name}, write: {instead}"
    return f"-- write: {instead}\n{alter(examined.entry, command=examined.entry.command.strip())}"


def _everywhere(condition: Any) -> Iterator[tuple[str, str]]:
    """Comparisons that are never true wherever in a condition they stand."""
    for kind, node in [("", condition), *walk(condition)]:
        expression = {"A_Expr": node} if kind == "A_Expr" else node if kind == "" else {}
        if not isinstance(expression, dict) or "A_Expr" not in expression:
            continue
        found = _comparison(expression) or _between(expression["A_Expr"])
        if found:
            yield found


def _comparison(node: dict[str, Any]) -> tuple[str, str] | None:
    operator, left, right = tree.operator(node)
    if operator not in _FLIPPED:
        return None
    if tree.is_null(left) or tree.is_null(right):
        return f"nothing is ever {operator} NULL", "IS NULL (or IS NOT NULL)"
    if tree.constant(left) is not None and tree.constant(right) is None:
        left, right, operator = right, left, _FLIPPED[operator]
    value = tree.constant(right)
    name, arguments = tree.function(left)
    if name in ("extract", "date_part") and arguments:
        field = str(tree.constant(arguments[0]) or "").lower()
        if field in _FIELDS and isinstance(value, int | float) and _never(operator, value, *_FIELDS[field]):
            low, high = _FIELDS[field]
            return f"extract({field} …) is {low} to {high}, never {operator} {value}", f"a value from {low} to {high}"
    if name in _RANGES and isinstance(value, int | float) and _never(operator, value, *_RANGES[name]):
        if name == "array_length":
            return (
                f"array_length(…) {operator} {value} is never true (it is NULL for an empty array)",
                "cardinality(…) = 0",
            )
        return f"{name}(…) is never {operator} {value}", "the comparison that is meant"
    if name == "to_char" and len(arguments) == 2 and isinstance(value, str) and operator == "=":
        pattern = str(tree.constant(arguments[1]) or "")
        width = {"day": 9, "month": 9}.get(pattern.lower())
        if width and len(value) != width:
            return (
                f"to_char(…, '{pattern}') is padded with blanks to {width} characters, never = '{value}'",
                f"to_char(…, 'FM{pattern}') = '{value}'",
            )
    return None


def _never(operator: str, value: float, low: float, high: float) -> bool:
    return {
        "=": not low <= value <= high, "<": value <= low, "<=": value < low, ">": value >= high, ">=": value > high,
    }.get(operator, False)  # fmt: skip


def _between(expression: dict[str, Any]) -> tuple[str, str] | None:
    if expression.get("kind") != "AEXPR_BETWEEN":
        return None
    bounds = expression.get("rexpr", {}).get("List", {}).get("items", [])
    if len(bounds) != 2:
        return None
    low, high = tree.constant(bounds[0]), tree.constant(bounds[1])
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        return f"nothing is BETWEEN {low} AND {high}", f"BETWEEN {high} AND {low}"
    return None


def _whole(condition: Any, unit: Unit, examined: Examined) -> Iterator[tuple[str, str]]:
    """What is never true because all parts of a condition must hold together."""
    equal: dict[tuple[str, ...], Any] = {}
    for part in tree.conjuncts(condition):
        value = tree.constant(part)
        if value is False:
            yield "its condition is FALSE", "the condition that is meant"
        operator, left, right = tree.operator(part)
        one, other = tree.constant(left), tree.constant(right)
        if operator == "=" and one is not None and other is not None and one != other:
            yield f"{one} = {other} is FALSE", "the condition that is meant"
        name, wanted = tree.column(left), other
        if operator == "=" and name and wanted is not None:
            if name in equal and equal[name] != wanted:
                yield f"{'.'.join(name)} cannot be {equal[name]!r} and {wanted!r} at once", "OR, or IN (…)"
            equal[name] = wanted
        yield from _null_test(part, unit, examined)


def _null_test(part: Any, unit: Unit, examined: Examined) -> Iterator[tuple[str, str]]:
    """``IS NULL`` on a column that is NOT NULL (in a statement on one table: an outer join makes it NULL)."""
    test = part.get("NullTest") if isinstance(part, dict) else None
    if not test or test.get("nulltesttype") != "IS_NULL":
        return
    name = tree.column(test.get("arg"))
    accessed = {a.written for a in tree.accesses(unit)}
    relation = examined.relations.get(next(iter(accessed))) if len(accessed) == 1 else None
    if not name or relation is None or relation.kind not in "rp" or any(k == "JoinExpr" for k, _ in tree.nodes(unit)):
        return
    column = (relation.columns or {}).get(name[-1])
    if column is not None and column.not_null:
        yield f"{relation.name}.{name[-1]} is NOT NULL, so it never IS NULL", "the condition that is meant"


RULE = Rule("A condition that is never true", entry=_check)
