"""What rules about names share: how hard a complaint weighs, and what a missing name may have been meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from cronlift.doctor.entry import Examined, Problem
from cronlift.doctor.fixes import alter, identifier, literal, renamed, unschedule
from cronlift.doctor.rules.protocol import Weight
from cronlift.doctor.world import World


def complaints(examined: Examined, states: set[str]) -> Iterator[Problem]:
    """The problems with one of these SQLSTATEs that can come up when the entry runs, each message once."""
    said = set()
    for problem in examined.problems:
        if problem.state in states and not problem.unit.guarded and problem.message not in said:
            said.add(problem.message)
            yield problem


def weight(problem: Problem) -> Weight:
    """An error, unless a branch decides whether the statement runs or a handler takes what it raises."""
    return "warning" if problem.unit.conditional or problem.unit.caught else "error"


def consequence(problem: Problem) -> str:
    """What happens because of it."""
    if problem.unit.inside and not problem.unit.inside[-1].oid and not problem.unit.caught:
        return "it fails whenever it runs"
    if problem.unit.caught:
        return "the statement fails at every run, and an exception handler hides it"
    if problem.unit.conditional:
        return "it fails whenever this branch is reached"
    return "it fails at every run"


def sentence(problem: Problem) -> str:
    """The complaint, where it comes up, and what it does."""
    general = problem.hint.startswith(("No function", "No procedure", "No aggregate", "Could not", "You might"))
    hint = f" ({problem.hint.rstrip('.')})" if problem.hint and not general else ""
    return f"{consequence(problem)}: {problem.message}{hint}{problem.unit.place}"


def meant(name: str, examined: Examined, world: World, *, routine: bool = False) -> tuple[str, str]:
    """A sentence about where a missing name may be, and the fix that goes with it.

    Looked for in this order: the same name in another schema of the entry's database, in another database that entries
    use, a name that is close. ``name`` is as written, perhaps with a schema.
    """
    entry = examined.entry
    wanted = name.split(".")[-1].strip('"')
    suffix = "()" if routine else ""
    here = [(s, n) for s, n in world.names.get(entry.database, ()) if n.endswith("()") == routine]
    same = [(s, n) for s, n in here if n == wanted + suffix]
    if routine and any(s in examined.path for s, _ in same):
        known = sorted({s for s, _ in same if s in examined.path})
        text = f"; {wanted} exists in {', '.join(known)} with other arguments"
        return text, f"-- see what it takes: SELECT oid::regprocedure FROM pg_proc WHERE proname = {literal(wanted)};"
    if len(same) == 1:
        found = ".".join(identifier(part.removesuffix("()")) for part in same[0])
        changed = renamed(entry.command, name, found)
        path = f" (its search_path is {', '.join(examined.path)})" if "." not in name else ""
        fix = alter(entry, command=changed) if changed else f"ALTER ROLE {identifier(entry.username)} IN DATABASE " \
            f"{identifier(entry.database)} SET search_path = {identifier(same[0][0])}, public;"  # fmt: skip
        return f"; it exists as {found}, where {entry.username} does not look{path}", fix
    for database, names in world.names.items():
        if database != entry.database and any(n == wanted + suffix for _, n in names):
            return (
                f"; it exists in the database {database}, and the entry runs in {entry.database}",
                alter(entry, database=database)
                if entry.jobid is not None
                else f"-- use cron.schedule_in_database(…, '{database}')",
            )
    close = difflib.get_close_matches(wanted + suffix, {n for _, n in here}, n=1, cutoff=0.8)
    if close:
        new = close[0].removesuffix("()")
        changed = renamed(entry.command, wanted, identifier(new))
        if changed:
            return f"; did you mean {new}?", alter(entry, command=changed)
        return f"; did you mean {new}?", f"-- correct the name where the body has it: {wanted} → {new}"
    what = f"{wanted}()" if routine else wanted
    where = f" in {entry.database}" if entry.database else " in a migration before this one"
    return "", f"-- create {what}{where}, or take the entry out:\n{unschedule(entry)}"


def quoted_name(message: str) -> str:
    """The name that a message of the server quotes."""
    match = re.search(r'"([^"]+)"', message)
    return match[1] if match else ""
