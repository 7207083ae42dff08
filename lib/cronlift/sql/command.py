"""A command's text as statements, and the comments in it."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import Any

import pgparse

from cronlift.sql.facts import LONGEST, refused_in_transaction, walk
from cronlift.sql.unit import Unit

_ALLOW = re.compile(r"cronlift:\s*allow\s+([a-z][a-z-]*)[ \t]*(.*)")
# Outside of comments: strings (with E'' escapes left to the pattern's alternatives), quoted names, dollar quotes.
_TOKENS = re.compile(
    r"""(?P<text>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"""
    r"""|(?P<line>--[^\n]*)|(?P<block>/\*.*?\*/)""",
    re.S,
)
# What stands before a statement's first word; the parser counts it to the statement.
_BEFORE = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.S)


@dataclass(frozen=True, slots=True)
class Command:
    """The statements of a text, or the parser's ``error`` at character ``error_at`` (from 1), or why it is unread."""

    units: tuple[Unit, ...]
    error: str = ""
    error_at: int = 0
    unread: str = ""


def parse(text: str) -> Command:
    """Split a text into statements with their trees (PostgreSQL's own grammar). Empty statements are none."""
    if len(text) > LONGEST:
        return Command((), unread=f"it is longer than {LONGEST} characters")
    try:
        statements = pgparse.parse(text)
        deque(walk(statements), maxlen=0)
    except RecursionError:
        return Command((), unread="it nests too deeply to be read")
    except pgparse.PGQueryError as error:
        return Command((), str(error.args[0]), int(error.args[1]) if len(error.args) > 1 else 0)
    raw = text.encode()
    units = []
    for statement in statements:
        start = int(statement.get("stmt_location", 0))
        length = int(statement.get("stmt_len", 0)) or len(raw) - start
        kind, tree = next(iter(statement["stmt"].items()))
        units.append(unit(_BEFORE.sub("", raw[start : start + length].decode()).strip(), kind, tree))
    return Command(tuple(units))


def unit(text: str, kind: str, tree: dict[str, Any]) -> Unit:
    """A statement at top level."""
    return Unit(text, kind, tree, alone=refused_in_transaction(kind, tree))


def comments(text: str) -> str:
    """The comments of an SQL text, one a line (strings and dollar-quoted bodies are not looked into)."""
    found = []
    for match in _TOKENS.finditer(text):
        if match["line"]:
            found.append(match["line"][2:].strip())
        elif match["block"]:
            found.append(match["block"][2:-2].strip())
    return "\n".join(found)


def allowed(remarks: str) -> dict[str, str]:
    """The codes that ``cronlift: allow CODE reason`` names in comments, with their reasons ('' where none is given)."""
    return {code: reason.strip() for code, reason in _ALLOW.findall(remarks)}
