"""What migrations leave behind, as the rules need it: relations, routines, and the entries they schedule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cronlift.doctor.entry import Column, Entry, Relation
from cronlift.ecto import ddl
from cronlift.ecto.migration_steps import Defaults
from cronlift.ecto.migrations import read_tables
from cronlift.ecto.tables import Tables
from cronlift.elixir.project import Project
from cronlift.model.document import Location
from cronlift.sql import routine, tree
from cronlift.sql.command import comments
from cronlift.sql.facts import walk
from cronlift.sql.unit import Routine, Unit

_CRON = {
    "job": ("jobid", "schedule", "command", "nodename", "nodeport", "database", "username", "active", "jobname"),
    "job_run_details": (
        "jobid", "runid", "job_pid", "database", "username", "command", "status", "return_message", "start_time",
        "end_time",
    ),
}  # fmt: skip
_SCHEDULE = ("job_name", "schedule", "command")
_IN_DATABASE = ("job_name", "schedule", "command", "database", "username", "active")


class Schema:
    """Filled by the statements in order; ``incomplete`` where no table is made here at all, or something was unread."""

    def __init__(self, folder: Path) -> None:
        self.tables = _ecto_tables(folder)
        self.others: dict[str, Relation] = {}
        self.routines: dict[str, list[tuple[Routine, Location]]] = {}
        self.entries: list[Entry] = []
        self.extensions: set[str] = set()
        self.words = self._unread(folder.resolve())

    @property
    def incomplete(self) -> bool:
        return not self.tables.known()

    @property
    def uncertain(self) -> bool:
        """Whether tables may be made in ways that were not followed."""
        return bool(self.tables.unread or self.tables.doubtful)

    def _unread(self, folder: Path) -> set[str]:
        """Every word of the files that were not read: what one of them names may be made there."""
        words: set[str] = set()
        for name in self.tables.unread:
            for path in folder.rglob(Path(name).name):
                words.update(re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace")))
        return words

    def take(self, unit: Unit, place: Location, remarks: str) -> None:
        """A statement of an ``up``: what it makes, drops, schedules."""
        for node in _calls(unit):
            self._cron(node, place, remarks)
        match unit.kind:
            case "CreateFunctionStmt":
                self._routine(unit, place)
            case "CreateTableAsStmt" | "ViewStmt" | "CreateSeqStmt" | "CreateForeignTableStmt":
                kind = {"ViewStmt": "v", "CreateSeqStmt": "S"}.get(unit.kind, "r")
                kind = "m" if unit.tree.get("objtype") == "OBJECT_MATVIEW" else kind
                filled = not unit.tree.get("into", {}).get("skipData")
                for name in tree.made(unit):
                    self.others[name] = Relation("", name, kind, populated=filled)
            case "IndexStmt":
                self._index(unit)
            case "CreateExtensionStmt":
                self.extensions.add(str(unit.tree.get("extname", "")))
            case "RefreshMatViewStmt":
                for access in tree.accesses(unit):
                    self._replace(access.name, populated=True)

    def _replace(self, name: str, **changes: Any) -> None:
        known = self.others.get(name)
        if known is not None:
            values = {"kind": known.kind, "populated": known.populated, "unique_index": known.unique_index, **changes}
            self.others[name] = Relation("", name, **values)

    def _index(self, unit: Unit) -> None:
        name = str(unit.tree.get("idxname", ""))
        if name:
            self.others[name] = Relation("", name, "i")
        plain = all("name" in p.get("IndexElem", {}) for p in unit.tree.get("indexParams", ()))
        if unit.tree.get("unique") and plain and "whereClause" not in unit.tree:
            for access in tree.accesses(unit):
                self._replace(access.name, unique_index=True)

    def _routine(self, unit: Unit, place: Location) -> None:
        made = routine.created(unit)
        self.routines[made.name] = [(made, place)]

    def _cron(self, call: dict[str, Any], place: Location, remarks: str) -> None:
        name = tree.strings(call["funcname"])
        if name[-1] not in ("schedule", "schedule_in_database", "unschedule") or name[:-1] not in (["cron"], []):
            return
        positional: list[Any] = []
        words: dict[str, Any] = {}
        for argument in call.get("args", ()):
            named = argument.get("NamedArgExpr")
            value = tree.constant((named or {}).get("arg", argument)) if named else tree.constant(argument)
            if named:
                words[str(named["name"])] = value
            else:
                positional.append(value)
        if name[-1] == "unschedule":
            gone = positional[0] if positional else words.get("job_name")
            self.entries = [e for e in self.entries if e.jobname != gone]
            return
        order = _IN_DATABASE if name[-1].endswith("database") else _SCHEDULE
        unnamed = name[-1] == "schedule" and len(positional) == 2
        words |= dict(zip(order[1:] if unnamed else order, positional, strict=False))
        schedule, command = words.get("schedule"), words.get("command")
        if not isinstance(schedule, str) or not isinstance(command, str):
            return
        jobname = words.get("job_name")
        remarks = "\n".join([remarks, comments(command)])
        entry = Entry(
            None, str(jobname) if jobname else None, schedule, command, str(words.get("database") or ""),
            str(words.get("username") or ""), place=place, remarks=remarks,
        )  # fmt: skip
        self.entries = [e for e in self.entries if not jobname or e.jobname != jobname] + [entry]

    def relation(self, schema: str, name: str) -> Relation | None:
        """What a name stands for; None where nothing makes it."""
        if schema == "cron" or (not schema and name in ("cron", "")):
            columns = _CRON.get(name)
            return Relation("cron", name, "r", columns=_columns(columns)) if columns else None
        table = self.tables.get(schema or None, name)
        if table is not None:
            known = {n: Column(c.type or "", c.not_null) for n, c in table.columns.items()}
            columns_of = None if table.unsure else known
            return Relation(schema, name, "r", columns=columns_of)
        return self.others.get(name)


def _columns(names: tuple[str, ...]) -> dict[str, Column]:
    return {name: Column("text", False) for name in names}


def _calls(unit: Unit) -> Iterator[dict[str, Any]]:
    for kind, node in walk({unit.kind: unit.tree}):
        if kind == "FuncCall":
            yield node


def _ecto_tables(folder: Path) -> Tables:
    """The tables that Ecto migrations and SQL files leave (a structure.sql beside the folder is read too)."""
    folder = folder.resolve()
    project = Project(folder.parents[1] if len(folder.parents) > 1 else folder.parent, anywhere=True)
    tables = read_tables(project, [folder.relative_to(project.root).as_posix()], Defaults())
    for path in sorted(folder.rglob("*.sql")):
        if not path.is_symlink() and not ddl.apply(path.read_text(encoding="utf-8", errors="replace"), tables):
            tables.unread.append(path.name)
    return tables
