"""A column that does not exist (SQLSTATE 42703), or one that several relations have (42702)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from cronlift.doctor import names
from cronlift.doctor.entry import Examined, Problem
from cronlift.doctor.fixes import alter, identifier, renamed, unschedule
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql import tree


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for problem in names.complaints(examined, {"42703", "42702"}):
        yield Flaw(names.weight(problem), names.sentence(problem), _fix(problem, examined))


def _fix(problem: Problem, examined: Examined) -> str:
    entry = examined.entry
    match = re.search(r'column "?((?:\w+\.)*)(\w+)"?', problem.message)
    name = match[2] if match else ""
    known = {
        column
        for access in tree.accesses(problem.unit)
        if (relation := examined.relations.get(access.written)) is not None and relation.schema != "pg_catalog"
        for column in relation.columns or ()
    }
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close and not problem.unit.inside:
        changed = renamed(
            entry.command, match[1] + name if match else name, (match[1] if match else "") + identifier(close[0])
        )
        if changed:
            return f"-- if {close[0]} is meant:\n{alter(entry, command=changed)}"
    if problem.unit.inside and problem.unit.inside[-1].oid:
        inner = problem.unit.inside[-1]
        return f"-- correct the body: CREATE OR REPLACE {inner.what.upper()} {inner.full_name} …"
    listed = f" (there are: {', '.join(sorted(known)[:12])})" if known else ""
    return f"-- correct the column{listed}, or take the entry out:\n{unschedule(entry)}"


RULE = Rule("A column does not exist", entry=_check)
