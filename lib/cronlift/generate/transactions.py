"""The application's transactions as the procedure's: which statements belong together, what is repeated, and what was
computed once before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from cronlift.elixir import clock_sql
from cronlift.generate.catalog import Facts
from cronlift.generate.procedure import Loop, Part, Variable
from cronlift.generate.refusal import RefusalError
from cronlift.generate.statement import Statement, is_computed
from cronlift.model.verdict import Parameter, Step


@dataclass(frozen=True)
class Read:
    """A step with its statement and what the database says of it."""

    step: Step
    statement: Statement
    facts: Facts


def transactions(reads: Sequence[Read]) -> list[list[Read]]:
    """The statements as the app's transactions held them: equal numbers together, None each for itself."""
    numbered = enumerate(reads)
    groups = groupby(
        numbered,
        key=lambda nr: ("", nr[0]) if nr[1].step.transaction is None else ("in", nr[1].step.transaction),
    )
    return [[r for _, r in group] for _, group in groups]


Computed = tuple[str, str, str]
"""A value's SQL, where it comes from, and the type it is bound as."""


def computed_once(groups: Sequence[Sequence[Read]]) -> dict[Computed, Variable]:
    """What the app computed before the first turn of a loop (a clock) is computed once here, too, as the loop begins.
    Raises RefusalError for what may have been computed once and goes into several transactions, or loops: anew it
    would be another value."""
    seen: dict[tuple[str, str], int | str] = {}
    once: dict[Computed, Variable] = {}
    for number, group in enumerate(groups):
        for r in group:
            turn = r.step.turn
            for parameter in (p for p in r.step.parameters if is_computed(p.sql)):
                captured = turn is not None and parameter.position in turn.captured
                place = turn.loop if turn is not None and captured else number
                if seen.setdefault((parameter.sql, parameter.origin), place) != place:
                    raise RefusalError(
                        "value-across-commits",
                        f"{parameter.sql} ({parameter.origin}) goes into statements on both sides of a COMMIT, where "
                        "it would be computed twice",
                    )
                if isinstance(place, str):
                    type_name = r.facts.types[parameter.position - 1]
                    value = value_of(parameter, type_name)
                    name = f"cronlift_value_{len(once) + 1}"
                    variable = Variable(name, type_name, f"CAST({value} AS {type_name})", place)
                    once.setdefault((value, parameter.origin, type_name), variable)
    return once


def with_loops(
    groups: Sequence[Sequence[Read]], parts: Sequence[Sequence[Part]], once: Sequence[Variable]
) -> list[Sequence[Part] | Loop]:
    """The transactions, those of one turn put together as a loop."""
    items: list[Sequence[Part] | Loop] = []
    for name, run in groupby(range(len(groups)), key=lambda n: t.loop if (t := groups[n][0].step.turn) else ""):
        numbers = list(run)
        if not name:
            items += [parts[n] for n in numbers]
            continue
        steps = [[r.step.turn for r in groups[n]] for n in numbers]
        counted = [(n, m) for n, turns in enumerate(steps) for m, turn in enumerate(turns) if turn and turn.counted]
        leaves = [n for n, turns in enumerate(steps) if any(turn and turn.leaves for turn in turns)]
        turn = steps[0][0]
        assert turn is not None
        until = f"<> {turn.rows}" if turn.until == "other" else "= 0" if turn.rows == 1 else f"< {turn.rows}"
        before = [v for v in once if v.loop == name]
        items.append(Loop([parts[n] for n in numbers], counted[0], leaves[0], until, before))
    return items


def value_of(parameter: Parameter, type_name: str) -> str:
    """A parameter's text for the type the server infers: a date or time is written by its type."""
    if not parameter.by_type:
        return parameter.sql
    text = parameter.by_type.get(clock_sql.type_name(type_name) or type_name)
    if text is None:
        raise RefusalError(
            "parameter-type",
            f"parameter ${parameter.position} ({parameter.origin}) is {' or '.join(parameter.by_type)} where the "
            f"server expects {type_name}",
        )
    return text
