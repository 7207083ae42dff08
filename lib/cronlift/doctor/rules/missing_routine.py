"""A function or procedure that does not exist with these arguments (SQLSTATE 42883), or is the other of the two."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cronlift.doctor import names
from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for problem in names.complaints(examined, {"42883", "42809"}):
        match = re.search(r"(?:function|procedure|aggregate) ([\w.\"]+)\(", problem.message)
        other = re.search(r"\) is (?:not )?a (?:procedure|function)", problem.message)
        if problem.state == "42883" and match:
            said, fix = names.meant(match[1], examined, world, routine=True)
            yield Flaw(names.weight(problem), f"{names.sentence(problem)}{said}", fix)
        elif problem.state == "42809" and other:
            entry = examined.entry
            fix = "-- call functions with SELECT and procedures with CALL"
            if not problem.unit.inside and problem.unit.kind == "CallStmt":
                fix = alter(entry, command=re.sub(r"^\s*CALL\b", "SELECT", entry.command, count=1, flags=re.I))
            elif not problem.unit.inside and re.match(
                r"\s*SELECT\s+[\w.\"]+\s*\([^()]*\)\s*;?\s*$", entry.command, re.I
            ):
                fix = alter(entry, command=re.sub(r"^\s*SELECT\b", "CALL", entry.command, count=1, flags=re.I))
            yield Flaw(names.weight(problem), names.sentence(problem), fix)


RULE = Rule("A function or procedure does not exist", entry=_check)
