"""How many rows a statement changed, as far as it is known: from so many to so many."""

from __future__ import annotations

from dataclasses import field

from cronlift.elixir.immutable import immutable
from cronlift.elixir.values import Known, Unknown, Value

ORIGIN = "row data"


@immutable
class Between(Unknown):
    """A whole number from ``low`` to ``high`` (None: no end). ``asked`` collects what it was compared with."""

    low: int
    high: int | None
    asked: list[int] = field(default_factory=list, compare=False, repr=False)

    def __hash__(self) -> int:
        return hash((self.low, self.high))


_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!=", "===": "==", "!==": "!="}


def compared(op: str, left: Value, right: Value) -> Known | None:
    """A comparison of a count with a number; None where it is another, or cannot be told."""
    if op not in _TURNED:
        return None
    if isinstance(left, Between) and (number := _whole(right)) is not None:
        return _compared(op, left, number)
    if isinstance(right, Between) and (number := _whole(left)) is not None:
        return _compared(_TURNED[op], right, number)
    return None


def _whole(value: Value) -> int | None:
    return value.value if isinstance(value, Known) and type(value.value) is int else None


def _compared(op: str, count: Between, number: int) -> Known | None:
    count.asked.append(number)
    high = float("inf") if count.high is None else count.high
    match op:
        case "<":
            outcomes = {count.low < number, high < number}
        case "<=":
            outcomes = {count.low <= number, high <= number}
        case ">":
            outcomes = {count.low > number, high > number}
        case ">=":
            outcomes = {count.low >= number, high >= number}
        case _:
            inside = count.low <= number <= high
            outcomes = {inside} if not inside or count.low == high else {True, False}
            if op in ("!=", "!=="):
                outcomes = {not o for o in outcomes}
    return Known(outcomes.pop()) if len(outcomes) == 1 else None
