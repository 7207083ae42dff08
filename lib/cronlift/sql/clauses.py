"""Where the clauses of a statement stand in its text: for people, who read a statement clause by clause.

Clauses are those of the statement itself; what stands in parentheses, quotes or comments belongs to the clause around
it (manual, 4.1 Lexical Structure).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<skip>--[^\n]*|/\*.*?\*/|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      |(?P<open>[(\[])|(?P<close>[)\]])|(?P<word>[A-Za-z_]\w*)""",
    re.DOTALL | re.VERBOSE,
)
# The words a clause begins with, and its name; the longer beginning is tried first.
_BEGINNINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("INSERT", "INTO"), "insert"),
    (("DELETE", "FROM"), "delete"),
    (("ON", "CONFLICT"), "on_conflict"),
    (("GROUP", "BY"), "group_by"),
    (("ORDER", "BY"), "order_by"),
    (("FOR", "UPDATE"), "lock"),
    (("FOR", "NO"), "lock"),
    (("FOR", "SHARE"), "lock"),
    (("FOR", "KEY"), "lock"),
    *(((side, "OUTER", "JOIN"), "join") for side in ("LEFT", "RIGHT", "FULL")),
    *(((side, "JOIN"), "join") for side in ("INNER", "LEFT", "RIGHT", "FULL", "CROSS")),
    (("JOIN",), "join"),
    (("WITH",), "with"),
    (("SELECT",), "select"),
    (("UPDATE",), "update"),
    (("SET",), "set"),
    (("FROM",), "from"),
    (("USING",), "using"),
    (("VALUES",), "values"),
    (("WHERE",), "where"),
    (("HAVING",), "having"),
    (("WINDOW",), "window"),
    (("LIMIT",), "limit"),
    (("OFFSET",), "offset"),
    (("RETURNING",), "returning"),
    (("UNION",), "combination"),
    (("INTERSECT",), "combination"),
    (("EXCEPT",), "combination"),
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its name, and the characters ``start`` to ``end`` of the statement's text that are it."""

    name: str
    start: int
    end: int


def clauses(text: str) -> list[Clause]:
    """The statement's clauses in order, without the blanks between them; a text that is none of the known statements
    is one clause named ``statement``."""
    text = _unwrapped(text)
    words = [(token["word"].upper(), token.start()) for token, depth in _tokens(text) if token["word"] and depth == 0]
    starts: list[tuple[str, int]] = []
    at = 0
    while at < len(words):
        name, length = _beginning([word for word, _ in words[at : at + 3]])
        last = starts[-1][0] if starts else ""
        # ON CONFLICT … DO UPDATE SET … WHERE and JOIN … USING are one clause each.
        within = (last == "on_conflict" and name in ("update", "set", "where")) or (last, name) == ("join", "using")
        if name and not within:
            starts.append((name, words[at][1]))
        at += length
    if not starts or text[: starts[0][1]].strip():
        return [Clause("statement", 0, len(text))]
    ends = [*(start for _, start in starts[1:]), len(text)]
    return [
        Clause(name, start, start + len(text[start:end].rstrip()))
        for (name, start), end in zip(starts, ends, strict=True)
    ]


def _unwrapped(text: str) -> str:
    """The text with blanks for the parentheses around what an INSERT selects, as Ecto writes it."""
    if text.lstrip()[:6].upper() != "INSERT":
        return text
    opened = 0
    for token, depth in _tokens(text):
        if token["open"] and depth == 1 and re.match(r"\s*(SELECT|WITH)\b", text[token.end() :], re.IGNORECASE):
            opened = token.end()
        elif token["close"] and depth == 0 and opened:
            return f"{text[: opened - 1]} {text[opened : token.start()]} {text[token.end() :]}"
    return text


def _tokens(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Words and brackets outside of quotes and comments, with the depth of brackets they leave."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += 1 if token["open"] else -1 if token["close"] else 0
        yield token, depth


def _beginning(words: list[str]) -> tuple[str, int]:
    """The name of the clause that these words begin ('' for none), and how many words that takes."""
    for beginning, name in _BEGINNINGS:
        if tuple(words[: len(beginning)]) == beginning:
            return name, len(beginning)
    return "", 1
