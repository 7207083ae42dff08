"""Everything one entry leads to: its statements, the bodies of what it calls, and what is wrong with the names."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from cronlift.doctor.entry import Entry, Examined, Problem, Relation
from cronlift.doctor.session import Session
from cronlift.sql import command, plpgsql, tree
from cronlift.sql.tree import Called
from cronlift.sql.unit import Routine, Unit

_DEEPEST = 8
_ANALYSED = {
    "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CallStmt", "CreateTableAsStmt",
    "DeclareCursorStmt", "ExplainStmt",
}  # fmt: skip
"""What the server analyses when it parses; everything else is a utility statement, whose names it looks up when it
runs (transformStmt in src/backend/parser/analyze.c)."""


def examine(entry: Entry, session: Session | None) -> Examined:
    """Look at an entry; without a session (its database could not be reached) only at its text."""
    parsed = command.parse(entry.command)
    if parsed.unread:
        return Examined(entry, top=1, unseen=(f"the command was not looked into: {parsed.unread}",))
    if parsed.error or session is None:
        return Examined(entry, parsed.error, parsed.error_at, len(parsed.units), parsed.units)
    with session.looking():
        look = _Look(session, entry)
        look.command(parsed.units)
        return Examined(
            entry,
            top=len(parsed.units),
            units=tuple(look.units),
            problems=tuple(look.problems),
            relations=look.relations,
            routines=look.routines,
            settings=session.settings(entry.username),
            path=look.path,
            unseen=tuple(dict.fromkeys(look.unseen)),
            looked_up=True,
        )


class _Look:
    def __init__(self, session: Session, entry: Entry) -> None:
        self.session = session
        self.role = entry.username
        self.units: list[Unit] = []
        self.problems: list[Problem] = []
        self.relations: dict[str, Relation] = {}
        self.routines: dict[str, tuple[Routine, ...]] = {}
        self.unseen: list[str] = []
        self.followed: set[tuple[int, str]] = set()
        self.search_path = session.search_path(self.role)
        self.path: tuple[str, ...] = ()

    def command(self, units: Sequence[Unit]) -> None:
        """The command's own statements, in runs between which ``SET search_path`` may change the path."""
        self.path, taken = self.session.path(self.role, self.search_path)
        if not taken:
            self.unseen.append(f"the connected role may not act as {self.role}: names were resolved without its rights")
        made: set[str] = set()
        for unit in units:
            made |= tree.made(unit)
        pending: list[Unit] = []
        for unit in units:
            changed = _sets_search_path(unit)
            if changed is not None:
                self.block(pending, self.role, self.search_path, made)
                pending, self.search_path = [], changed
                self.units.append(unit)
            else:
                pending.append(unit)
        self.block(pending, self.role, self.search_path, made)

    def block(self, units: Sequence[Unit], role: str, search_path: str, made: set[str]) -> None:
        """Statements that run as one role with one path: names, then what they call. ``made`` are relations that the
        statements create themselves: they, and what is in them, cannot be known beforehand."""
        if not units:
            return
        self.units += units
        path, _ = self.session.path(role, search_path)
        relations = self.session.relations([a for u in units for a in tree.accesses(u)], role, path)
        for name, relation in relations.items():
            self.relations.setdefault(name, relation)
        analysed = [u for u in units if u.kind in _ANALYSED]
        found, unseen = self.session.parse(analysed, role, search_path)
        self.unseen += unseen
        for unit in units:
            if unit.kind not in _ANALYSED:
                found += _names(unit, relations)
        for problem in found:
            touched = {a.name for a in tree.accesses(problem.unit)}
            if touched & made or _only_vague(problem):
                continue
            self.problems.append(problem)
        self.calls(units, role, search_path, path)

    def calls(self, units: Sequence[Unit], role: str, search_path: str, path: tuple[str, ...]) -> None:
        wanted = [(unit, called) for unit in units for called in tree.calls(unit)]
        candidates = self.session.routines([called for _, called in wanted], role, path)
        for key, found in candidates.items():
            self.routines.setdefault(key, found)
        for unit, called in wanted:
            own = [r for r in candidates[called.key] if not r.from_extension]
            if len(own) > 1:
                self.unseen.append(f"{called.written}() is overloaded: its bodies were not followed")
            elif own:
                self.follow(own[0], unit, role, search_path)
        for unit in units:
            if unit.kind == "DoStmt":
                self.do(unit, role, search_path)
            elif unit.kind == plpgsql.DYNAMIC:
                self.unseen.append(f"text built at run time was not followed{unit.place}: EXECUTE {unit.text}")

    def follow(self, routine: Routine, caller: Unit, role: str, search_path: str) -> None:
        """A routine's body, as the role and with the path it runs with. Each is followed once."""
        search_path = routine.settings.get("search_path", search_path)
        role = routine.owner if routine.security_definer else role
        key = (routine.oid, f"{role} {search_path}")
        if key in self.followed or not routine.may_execute:
            return
        self.followed.add(key)
        if len(caller.inside) >= _DEEPEST:
            self.unseen.append(f"{routine.full_name} is called too deep down to be followed")
        elif routine.language == "sql":
            self.sql_body(routine, caller, role, search_path)
        elif routine.language == "plpgsql":
            try:
                units = plpgsql.units(self.session.text_of("definition", routine))
            except plpgsql.Unreadable as error:
                self.unseen.append(f"the body of {routine.full_name} was not followed: {error}")
                return
            self.body(units, routine, caller, role, search_path)
        elif routine.language not in ("c", "internal"):
            self.unseen.append(f"{routine.full_name} is written in {routine.language}: not followed")

    def body(self, units: Sequence[Unit], routine: Routine, caller: Unit, role: str, search_path: str) -> None:
        placed = [
            dataclasses.replace(
                unit,
                inside=(*caller.inside, routine),
                conditional=unit.conditional or caller.conditional,
                caught=unit.caught or caller.caught,
                guarded=unit.guarded or caller.guarded,
                subtransaction=unit.subtransaction or caller.subtransaction,
            )
            for unit in units
        ]
        self.block(placed, role, search_path, _made_in(placed))

    def sql_body(self, routine: Routine, caller: Unit, role: str, search_path: str) -> None:
        text = self.session.text_of("sql_body", routine) if routine.sql_body else routine.body
        if routine.sql_body:
            text = re.sub(r"\A\s*BEGIN ATOMIC\b(.*)\bEND\s*\Z", r"\1", text, flags=re.S)
            text = re.sub(r"\A\s*RETURN\b", "SELECT", text)
        parsed = command.parse(text)
        if parsed.error or parsed.unread:
            why = parsed.error or parsed.unread
            self.unseen.append(f"the body of {routine.full_name} was not followed: {why}")
            return
        units = [
            dataclasses.replace(unit, inside=(*caller.inside, routine), line=_line(text, unit.text), vague=True,
                                conditional=caller.conditional, caught=caller.caught, guarded=caller.guarded)
            for unit in parsed.units
        ]  # fmt: skip
        self.units += units
        path, _ = self.session.path(role, search_path)
        made = _made_in(units)
        relations = self.session.relations([a for u in units for a in tree.accesses(u)], role, path)
        for name, relation in relations.items():
            self.relations.setdefault(name, relation)
        said = None if routine.sql_body else self.session.validate(routine, role, search_path)
        if said is not None and units:
            self.problems.append(Problem(_named_in(units, said[1]), said[0], said[1]))
        for unit in units:
            if unit.kind not in _ANALYSED:
                touched = {a.name for a in tree.accesses(unit)}
                self.problems += [p for p in _names(unit, relations) if not touched & made]
        self.calls(units, role, search_path, path)

    def do(self, unit: Unit, role: str, search_path: str) -> None:
        words = {
            a["DefElem"]["defname"]: a["DefElem"].get("arg", {}).get("String", {}).get("sval", "")
            for a in unit.tree.get("args", ())
        }
        if words.get("language", "plpgsql") != "plpgsql":
            self.unseen.append(f"a DO block in {words['language']} was not followed")
            return
        try:
            units = plpgsql.of_block(words.get("as", ""))
        except plpgsql.Unreadable as error:
            self.problems.append(Problem(unit, "42601", str(error)))
            return
        block = Routine(0, "", "the DO block", "d", "plpgsql", "")
        self.body(units, block, unit, role, search_path)


def _made_in(units: Sequence[Unit]) -> set[str]:
    names: set[str] = set()
    for unit in units:
        names |= tree.made(unit)
        if unit.kind == plpgsql.DYNAMIC:
            made = re.search(
                r"create\s+(?:temp\w*\s+|unlogged\s+)?(?:table|view|materialized\s+view)\s+(?:if\s+not\s+exists\s+)?"
                r"(?:[\w\"]+\.)?\"?(\w+)", unit.text, re.I,
            )  # fmt: skip
            if made:
                names.add(made[1])
    return names


def _only_vague(problem: Problem) -> bool:
    """Whether the complaint may come from the NULLs that stand for variables: anything about types."""
    return problem.unit.vague and problem.state not in ("42P01", "42703", "3F000")


def _named_in(units: Sequence[Unit], message: str) -> Unit:
    """The statement that a message about the whole body speaks of: the first that has the quoted name."""
    name = re.search(r'"([^"]+)"', message) or re.search(r"(?:function|procedure) (?:\w+\.)*(\w+)\(", message)
    if name:
        word = name[1].split(".")[-1]
        return next((u for u in units if word in u.text), units[0])
    return units[0]


def _line(text: str, statement: str) -> int:
    at = text.find(statement)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _sets_search_path(unit: Unit) -> str | None:
    """The new path where the statement is ``SET search_path``."""
    if unit.kind != "VariableSetStmt" or unit.tree.get("name") != "search_path":
        return None
    words = [tree.constant(a) for a in unit.tree.get("args", ())]
    return ", ".join('"' + str(w).replace('"', '""') + '"' for w in words if w is not None)


def _names(unit: Unit, relations: dict[str, Relation]) -> list[Problem]:
    """What PostgreSQL would say of a utility statement's names when it runs."""
    problems = []
    for access in tree.accesses(unit):
        relation = relations.get(access.written)
        if access.mode == "MAKE" or access.optional:
            continue
        if relation is None:
            problems.append(Problem(unit, "42P01", f'relation "{access.written}" does not exist'))
        elif unit.kind == "RefreshMatViewStmt" and relation.kind != "m":
            problems.append(Problem(unit, "42809", f'"{relation.name}" is not a materialized view'))
        elif (
            unit.kind == "ReindexStmt"
            and str(unit.tree.get("kind")).endswith("OBJECT_INDEX")
            and relation.kind not in "iI"
        ):
            problems.append(Problem(unit, "42809", f'"{relation.name}" is not an index'))
        elif unit.kind == "TruncateStmt" and relation.kind not in "rpf":
            problems.append(Problem(unit, "42809", f'"{relation.name}" is not a table'))
    return problems


def candidates(examined: Examined, called: Called) -> tuple[Routine, ...]:
    """The routines a call could mean."""
    return examined.routines.get(called.key, ())
