"""The statement is refused by parse analysis for another reason: types that do not fit, an operator that does not
exist, a literal that is none, a parameter nobody gives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cronlift.doctor import names
from cronlift.doctor.entry import Examined, Problem
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql.tree import nodes

_ELSEWHERE = {"42P01", "3F000", "42703", "42702", "42704", "42501"}


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    states = {p.state for p in examined.problems if _ours(p)}
    for problem in names.complaints(examined, states):
        if _ours(problem):
            yield Flaw(names.weight(problem), names.sentence(problem), _fix(examined))
    for unit in examined.units:
        if not unit.inside and any(kind == "ParamRef" for kind, _ in nodes(unit)):
            message = "it fails at every run: a parameter ($1) stands in it, and pg_cron gives none"
            yield Flaw("error", message, f"-- write the value instead of the parameter:\n{_fix(examined)}")
            return


def _ours(problem: Problem) -> bool:
    if problem.state in _ELSEWHERE or problem.state[:2] not in ("42", "22", "0A", "23"):
        return False
    if problem.state == "0A000" and "COMMIT" in problem.message.upper():
        return False
    routine = r"(function|procedure|aggregate) [\w.\"]+\(|\) is (not )?a (procedure|function)"
    return not (problem.state in ("42883", "42809") and re.search(routine, problem.message))


def _fix(examined: Examined) -> str:
    return f"-- correct the statement and put it in:\n{alter(examined.entry, command=examined.entry.command.strip())}"


RULE = Rule("PostgreSQL refuses the statement", entry=_check)
