"""The SQL texts in a folder of migrations: whole .sql files, and what Ecto migrations hand to ``execute``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cronlift.elixir import parser
from cronlift.elixir import syntax as ast
from cronlift.elixir.module_reader import read_modules
from cronlift.elixir.modules import Module
from cronlift.errors import UsageError
from cronlift.sql import plpgsql
from cronlift.sql.unit import Unit

_RUNS = {"execute", "query", "query!"}
# The second half of a file that holds both ways: dbmate, goose, sql-migrate.
_DOWN = re.compile(r"^--\s*(?:migrate:down|\+goose\s+Down|\+migrate\s+Down)\b.*$", re.I | re.M)
_META = re.compile(r"^\\.*$", re.M)
_LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SqlText:
    """One text: where it begins, whether it takes a migration back, and the comments of the host language above it.

    ``whole`` is False where a part of it is only known when it runs.
    """

    sql: str
    file: str
    line: int
    down: bool
    remarks: str = ""
    whole: bool = True


def read(folder: Path) -> tuple[list[SqlText], list[str]]:
    """Every text in the order the migrations run, and what could not be read. Raises UsageError for no folder."""
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=str(folder), do="name the migrations' folder")
    texts: list[SqlText] = []
    unread: list[str] = []
    files = [p for p in folder.rglob("*") if p.suffix in (".sql", ".exs", ".ex") and p.is_file() and not p.is_symlink()]
    if not files:
        raise UsageError("no .sql and no .exs file in it", where=str(folder), do="name the migrations' folder")
    for path in sorted(files, key=lambda p: (version(p.name), p.as_posix())):
        name = path.relative_to(folder).as_posix()
        try:
            if path.stat().st_size > _LARGEST:
                raise UsageError("the file is too large", where=name, do="leave it out, or split it")
            texts += of_file(path.read_bytes(), name)
        except (UsageError, UnicodeDecodeError, OSError) as error:
            what = error.what if isinstance(error, UsageError) else type(error).__name__
            unread.append(f"{name} was not read: {what}")
    return texts, unread


def of_file(source: bytes, name: str) -> Iterator[SqlText]:
    """The texts of one file, ``name``d .sql or as a migration of Ecto's. Raises UsageError and UnicodeDecodeError."""
    yield from _sql(source.decode(), name) if name.endswith(".sql") else _elixir(source, name)


def version(name: str) -> int:
    """The number a migration's file name begins with, by which they are ordered; 0 without one."""
    number = re.match(r"[vV]?(\d+)", name)
    return int(number[1]) if number else 0


def _sql(text: str, name: str) -> Iterator[SqlText]:
    text = _META.sub("", text)
    both = _DOWN.search(text)
    backwards = bool(re.search(r"(?:\.|_|\b)(?:down|rollback|undo)\.sql$", name, re.I))
    yield SqlText(text[: both.start()] if both else text, name, 1, backwards)
    if both:
        yield SqlText(text[both.end() :], name, text.count("\n", 0, both.end()) + 1, True)


def _elixir(source: bytes, name: str) -> Iterator[SqlText]:
    lines = source.decode("utf-8", "replace").splitlines()
    for module in read_modules(parser.parse(source, name), name):
        for (function, _), definition in module.functions.items():
            for clause in definition.clauses:
                variables: dict[str, ast.Node] = {}
                for node in ast.walk(clause.sections or {}):
                    if isinstance(node, ast.Binary) and node.op == "=" and isinstance(node.left, ast.Var):
                        variables[node.left.name] = node.right
                    if isinstance(node, ast.Call) and node.name in _RUNS:
                        found = (_named(a, variables, module) for a in node.args)
                        for number, argument in enumerate(a for a in found if isinstance(a, ast.Text)):
                            down = function == "down" or (function == "change" and number == 1)
                            yield _text(argument, name, lines, down)


def _named(node: ast.Node, variables: dict[str, ast.Node], module: Module) -> ast.Node | None:
    """What an argument stands for: a variable bound above it, an attribute of the module, or itself."""
    if isinstance(node, ast.Var):
        return variables.get(node.name)
    return module.attribute(node.name, node.span) if isinstance(node, ast.Attribute) else node


def _text(node: ast.Text, name: str, lines: list[str], down: bool) -> SqlText:
    parts = [part if isinstance(part, str) else "NULL" for part in node.parts]
    heredoc = lines[node.span.line - 1].rstrip().endswith('"""')
    above = []
    for line in reversed(lines[: node.span.line - 1]):
        if not line.lstrip().startswith("#"):
            break
        above.append(line.strip().lstrip("# "))
    whole = all(isinstance(part, str) for part in node.parts)
    return SqlText("".join(parts), name, node.span.line + heredoc, down, "\n".join(reversed(above)), whole)


def located(units: tuple[Unit, ...], text: SqlText) -> Iterator[tuple[Unit, int]]:
    """Statements of a text, each with its line in the file."""
    at = 0
    for unit in units:
        found = text.sql.find(unit.text, at)
        at = found if found >= 0 else at
        yield unit, text.line + text.sql.count("\n", 0, at)


def with_blocks(unit: Unit) -> Iterator[Unit]:
    """A statement, or those in its DO block."""
    if unit.kind != "DoStmt":
        yield unit
        return
    words = {a["DefElem"]["defname"]: a["DefElem"].get("arg", {}) for a in unit.tree.get("args", ())}
    try:
        yield from plpgsql.of_block(str(words.get("as", {}).get("String", {}).get("sval", "")))
    except plpgsql.Unreadable:
        return
