"""Functions and procedures of a repository's database, as its migrations and the SQL files beside them leave them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cronlift.ecto.migration_texts import SqlText, located, of_file, version, with_blocks
from cronlift.elixir.project import Project
from cronlift.errors import UsageError
from cronlift.sql import command, routine, tree
from cronlift.sql.facts import LONGEST
from cronlift.sql.tree import Called
from cronlift.sql.unit import Routine, Unit

_SPOKEN_OF = re.compile(rb"\b(?:function|procedure|routine)\b", re.I)
_OBJECT = re.compile(r"^(?=-- Name: )", re.M)
_MAX_FILES = 4_000
_DROPPED = ("OBJECT_FUNCTION", "OBJECT_PROCEDURE", "OBJECT_ROUTINE")


@dataclass(frozen=True, slots=True)
class Defined:
    """A routine and the place of the statement that creates it."""

    routine: Routine
    file: str
    line: int

    def line_of(self, unit: Unit) -> int:
        """The line in the file on which a statement of the body stands."""
        text, body = self.routine.signature, self.routine.body
        start = text.find(body) if body else -1
        if start < 0:
            return self.line
        above = self.line + text.count("\n", 0, start)
        if unit.line:
            return above + unit.line - 1
        at = body.find(unit.text)
        return above + (body.count("\n", 0, at) if at > 0 else 0)


class Routines:
    """By name; ``unread`` names the files that speak of routines and were not read."""

    def __init__(self) -> None:
        self._defined: dict[str, dict[tuple[str, ...], Defined]] = {}
        self.unread: list[str] = []

    def find(self, called: Called) -> list[Defined]:
        """Those a call may mean: by name, schema (where both say one), kind and number of arguments."""
        found = []
        for known in self._defined.get(called.name, {}).values():
            made = known.routine
            least, most = made.takes or (0, 100)
            same_schema = (called.schema or "public") == (made.schema or "public")
            if same_schema and called.procedure == (made.kind == "p") and least <= called.arguments <= most:
                found.append(known)
        return found

    def take(self, unit: Unit, file: str, line: int) -> None:
        """A statement that was run: what it creates stands, what it drops is gone."""
        if unit.kind == "CreateFunctionStmt":
            made = routine.created(unit)
            key = (made.schema or "public", *_types(unit.tree.get("parameters", ())))
            self._defined.setdefault(made.name, {})[key] = Defined(made, file, line)
        elif unit.kind == "DropStmt" and unit.tree.get("removeType") in _DROPPED:
            for item in unit.tree.get("objects", ()):
                self._drop(item.get("ObjectWithArgs", {}))

    def _drop(self, item: dict[str, Any]) -> None:
        *_, name = tree.strings(item.get("objname", ())) or [""]
        if item.get("args_unspecified"):
            self._defined.pop(name, None)
            return
        given = tuple(_type(t.get("TypeName", {})) for t in item.get("objargs", ()))
        known = self._defined.get(name, {})
        for key in [k for k in known if k[1:] == given]:
            del known[key]

    def fill_in(self, other: Routines) -> None:
        """Take over the names that are not here."""
        for name, known in other._defined.items():
            self._defined.setdefault(name, known)
        self.unread += other.unread


def _types(parameters: Any) -> Iterator[str]:
    for item in parameters:
        parameter = item.get("FunctionParameter", {})
        if parameter.get("mode") not in ("FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"):
            yield _type(parameter.get("argType", {}))


def _type(node: Any) -> str:
    name = tree.strings(node.get("names", ()))[-1:]
    return "".join(name) + "[]" * len(node.get("arrayBounds", ()))


def read_routines(project: Project, folders: list[str]) -> Routines:
    """What the migrations below ``folders`` create and do not drop again; names they do not have are filled in from a
    dump (``structure.sql``) and from other SQL files beside them, of which it is not known when they are run."""
    found = Routines()
    for folder in folders:
        files = [f for f in _files(project, folder) if f.endswith((".exs", ".ex", ".sql"))]
        for file in sorted(files, key=lambda f: (version(f.rpartition("/")[2]), f)):
            _read(project, file, found)
    for folder in folders:
        beside = [f for f in _files(project, folder.rpartition("/")[0]) if f.endswith(".sql")]
        for file in sorted(beside, key=lambda f: (not f.endswith("/structure.sql"), f)):
            if not file.startswith(f"{folder}/"):
                other = Routines()
                _read(project, file, other)
                found.fill_in(other)
    return found


def _files(project: Project, folder: str) -> list[str]:
    paths = (p for p in (project.root / folder).rglob("*") if p.suffix in (".exs", ".ex", ".sql"))
    plain = (p.relative_to(project.root).as_posix() for p in paths if p.is_file() and not p.is_symlink())
    return sorted(plain)[:_MAX_FILES]


def _read(project: Project, file: str, into: Routines) -> None:
    try:
        source = project.source(file)
        if not _SPOKEN_OF.search(source):
            return
        for text in of_file(source, file):
            if not text.down:
                for piece in _pieces(text):
                    _take(piece, into)
    except (UsageError, UnicodeDecodeError):
        into.unread.append(file)


def _pieces(text: SqlText) -> Iterator[SqlText]:
    """A dump is longer than the parser should be given at once: it says itself where each object begins (pg_dump)."""
    if len(text.sql) <= LONGEST:
        yield text
        return
    at = 0
    for part in _OBJECT.split(text.sql):
        if _SPOKEN_OF.search(part.encode()):
            yield replace(text, sql=part, line=text.line + text.sql.count("\n", 0, at))
        at += len(part)


def _take(text: SqlText, into: Routines) -> None:
    parsed = command.parse(text.sql)
    if parsed.error or parsed.unread:
        if _SPOKEN_OF.search(text.sql.encode()):
            into.unread.append(f"{text.file}:{text.line}")
        return
    for unit, line in located(parsed.units, text):
        for inner in with_blocks(unit):
            into.take(inner, text.file, line)
