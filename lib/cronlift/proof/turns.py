"""Statements that the application sends turn by turn until few rows are found: run so, and looked for so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from itertools import groupby

from cronlift.model.verdict import Step
from cronlift.postgres.server import Connection
from cronlift.proof.findings import Failure, SideError
from cronlift.proof.segments import Repeated
from cronlift.proof.session import run_app

_MOST = 1_000_000
"""Turns after which a loop is taken for endless."""


def run(
    connection: Connection,
    transactions: Sequence[Sequence[Step]],
    each: Callable[[Sequence[Step]], AbstractContextManager[object]],
) -> None:
    """The app's transactions one after the other, those of a loop as often as the application would; ``each`` is what
    surrounds one. Raises SideError."""
    for name, run_ in groupby(transactions, key=lambda steps: steps[0].turn.loop if steps[0].turn else ""):
        turn = list(run_)
        for _ in range(_MOST):
            if not _one(connection, turn, each) or not name:
                break
        else:
            raise SideError(Failure("?", f"the loop at {name} does not end"))


def _one(
    connection: Connection,
    transactions: Sequence[Sequence[Step]],
    each: Callable[[Sequence[Step]], AbstractContextManager[object]],
) -> bool:
    """One turn; whether another one follows."""
    again = True
    for steps in transactions:
        with each(steps):
            for step in steps:
                rows = run_app(connection, [step])
                if step.turn is not None and step.turn.counted:
                    again = rows >= step.turn.rows if step.turn.until == "fewer" else rows == step.turn.rows
        if not again and any(step.turn is not None and step.turn.leaves for step in steps):
            return False
    return True


def wanted(transactions: Sequence[Sequence[Step]]) -> list[Repeated | None]:
    """What a procedure's parts must be to repeat what the application repeats."""
    found: list[Repeated | None] = []
    loops: dict[str, int] = {}
    for steps in transactions:
        turn = steps[0].turn
        if turn is None:
            found.append(None)
            continue
        number = loops.setdefault(turn.loop, len(loops) + 1)
        counted = next((n for n, s in enumerate(steps) if s.turn is not None and s.turn.counted), None)
        leaves = any(s.turn is not None and s.turn.leaves for s in steps)
        found.append(Repeated(number, counted, (turn.until, turn.rows) if leaves else None))
    return found
