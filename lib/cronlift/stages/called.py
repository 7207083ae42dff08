"""What the functions and procedures do that a job's statements call: evidence, and doubts where they look at who calls.

A routine stays in the database and is called there before and after a move, so what it does changes no verdict; what
it reads of its session does, because the job's session is another one than the application's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cronlift.ecto.routines import Defined, Routines
from cronlift.model.effect import Effect
from cronlift.model.verdict import Reason, Remark, Step
from cronlift.sql import builtins, command, plpgsql, routine, tree
from cronlift.sql.facts import StatementError, facts, tied_function
from cronlift.sql.tree import Called
from cronlift.sql.unit import Unit

_MAX_DEPTH = 8
_WORDS = {
    "INSERT": "INSERT into", "UPDATE": "UPDATE of", "DELETE": "DELETE from", "TRUNCATE": "TRUNCATE of",
    "LOCK": "LOCK of", "ALTER": "a change of", "DROP": "DROP of", "OWN": "a rebuild of", "MAKE": "CREATE of",
}  # fmt: skip
_SESSION_ACTS = ("currval", "lastval")  # of what the same body did: the same on any connection


@dataclass(slots=True)
class Seen:
    """``effects`` of the bodies, ``doubts`` about moving the job, ``remarks``: one for each routine called."""

    effects: list[Effect] = field(default_factory=list)
    doubts: list[Reason] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def look_into(steps: Iterable[Step], routines: Callable[[str], Routines]) -> Seen:
    """Follow the calls of a job's statements into the bodies that the migrations hold, and the calls in those;
    ``routines`` answers with those of a repository."""
    seen, looks = Seen(), dict[str, _Look]()
    for step in steps:
        for unit in command.parse(step.sql).units:
            for called in tree.calls(unit):
                if not (called.name in builtins.names() and called.schema in ("", "pg_catalog")):
                    if step.repo not in looks:
                        looks[step.repo] = _Look(routines(step.repo), seen)
                    looks[step.repo].statement_calls(called, step)
    return seen


class _Look:
    def __init__(self, routines: Routines, seen: Seen) -> None:
        self.routines, self.seen = routines, seen
        self._followed: set[tuple[str, int]] = set()
        self._did: list[str] = []
        self._said: set[str] = set()

    def statement_calls(self, called: Called, step: Step) -> None:
        """A call that stands in a statement of the application."""
        if called.written in self._said:
            return
        self._said.add(called.written)
        kind = "procedure" if called.procedure else "function"
        found = self.routines.find(called)
        self._did = []
        for defined in found:
            self._body(defined, (f"the SQL at {step.file}:{step.line}",))
        if not found:
            where = f"; not read: {', '.join(self.routines.unread[:3])}" if self.routines.unread else ""
            text = f"the {kind} {called.written}() is in no migration: what it does was not seen{where}"
            self.seen.remarks.append(Remark(code="routine-not-seen", text=text, file=step.file, line=step.line))
            return
        what = "; ".join(dict.fromkeys(self._did)) or "it only reads"
        text = f"the {kind} {called.written}() is called in the database, before and after a move: {what}"
        first = found[0]
        self.seen.remarks.append(Remark(code="calls-routine", text=text, file=first.file, line=first.line))

    def _body(self, defined: Defined, path: tuple[str, ...]) -> None:
        made = defined.routine
        if (defined.file, defined.line) in self._followed or len(path) > _MAX_DEPTH:
            return
        self._followed.add((defined.file, defined.line))
        path = (*path, f"{made.full_name}() ({defined.file}:{defined.line})")
        try:
            units = routine.statements(made)
        except plpgsql.Unreadable as error:
            self._effect(f"a body that was not read ({error})", defined.file, defined.line, path)
            return
        made_here = {name for unit in units for name in tree.made(unit)}
        for unit in units:
            self._unit(unit, defined, defined.line_of(unit), path, made_here)

    def _unit(self, unit: Unit, defined: Defined, line: int, path: tuple[str, ...], made_here: set[str]) -> None:
        file = defined.file
        if unit.kind == plpgsql.DYNAMIC:
            begins = str(unit.tree.get("begins", "")).strip()
            words = f", which begins with {begins!r}" if begins else ""
            self._effect(f"EXECUTE of a text put together at run time{words}", file, line, path)
            return
        if unit.kind == "TransactionStmt":
            self._effect(str(unit.text), file, line, path)
            return
        for access in tree.accesses(unit):
            if access.mode in _WORDS and access.name not in made_here:
                self._effect(f"{_WORDS[access.mode]} {access.written}", file, line, path)
        for kind, node in tree.nodes(unit):
            if kind == "NotifyStmt":
                self._effect(f"NOTIFY {node.get('conditionname', '')}", file, line, path)
        for called in tree.calls(unit):
            if builtins.acts_outside(called.schema, called.name):
                self._effect(f"{called.written}(), which acts outside of the database", file, line, path)
            elif called.name == "pg_notify":
                self._effect("NOTIFY (pg_notify)", file, line, path)
            for inner in self.routines.find(called):
                self._body(inner, path)
        self._session(unit, defined, line)

    def _session(self, unit: Unit, defined: Defined, line: int) -> None:
        """What in a body depends on who calls, or acts on the connection (see sql/facts.py)."""
        name = f"{defined.routine.what} {defined.routine.full_name}"
        for kind, node in tree.nodes(unit):
            if kind == "FuncCall":
                called = ".".join(tree.strings(node["funcname"]))
                if called.split(".")[-1] not in _SESSION_ACTS and tied_function(called, list(node.get("args", ()))):
                    text = f"the {name} acts on one pooled connection: {called}()"
                    self._doubt("tied-to-session", text, defined.file, line)
        try:
            depends = facts(unit.text).session if unit.kind.endswith("Stmt") else ""
        except StatementError:
            depends = ""
        fixed = defined.routine.security_definer and depends in ("CURRENT_USER", "CURRENT_ROLE", "USER")
        if depends and not fixed:
            text = f"the {name} depends on the session ({depends}): the job's role and settings are not the app's"
            self._doubt("session-dependent", text, defined.file, line)

    def _effect(self, what: str, file: str, line: int, path: tuple[str, ...]) -> None:
        self._did.append(f"{what} ({file}:{line})")
        self.seen.effects.append(Effect(kind="sql", what=what, file=file, line=line, path=path))

    def _doubt(self, code: str, text: str, file: str, line: int) -> None:
        reason = Reason(code=code, text=text, file=file, line=line)
        if reason not in self.seen.doubts:
            self.seen.doubts.append(reason)
