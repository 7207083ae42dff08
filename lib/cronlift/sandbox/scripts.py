"""Reading SQL scripts as pg_dump and ``mix ecto.dump`` write them: statement by statement, COPY blocks apart.

psql is not used: its backslash commands can run any program, and a dump is data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cronlift.errors import UsageError

_COPY = re.compile(r"COPY\s.*\bFROM\s+stdin\b", re.IGNORECASE | re.DOTALL)
# What pg_dump writes for psql and means nothing here (psql(1), \restrict).
_HARMLESS = re.compile(r"\\(restrict|unrestrict)\b")
_PIECE = re.compile(
    r"--[^\n]*|/\*|'|\"|\$(?:[A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff]*)?\$|;|\bBEGIN\s+ATOMIC\b|\bCASE\b|\bEND\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Statement:
    """One statement without its semicolon, and the line it begins at (from 1); ``rows`` are COPY's lines, read on
    demand: whoever takes the next statement has read them."""

    text: str
    line: int
    rows: Iterator[str] | None = None


def statements(path: Path) -> Iterator[Statement]:
    """The statements of a file, in order. Raises UsageError for a file that cannot be read, is no UTF-8, or has a psql
    command in it."""
    try:
        with path.open(encoding="utf-8") as lines:
            yield from _Reader(path, enumerate(lines, 1)).statements()
    except UnicodeDecodeError:
        raise UsageError("the file is not UTF-8", where=str(path), do="dump it with --encoding=UTF8") from None
    except OSError as error:
        raise UsageError(f"cannot read it: {error.strerror}", where=str(path), do="check the path") from None


class _Reader:
    def __init__(self, path: Path, lines: Iterator[tuple[int, str]]) -> None:
        self._path, self._lines = path, lines

    def statements(self) -> Iterator[Statement]:
        scanner = _Scanner()
        start = 0
        text = ""
        for number, line in self._lines:
            if _says_nothing(text):
                text, start, scanner = "", number, _Scanner()
                if line.startswith("\\"):
                    self._psql(line, number)
                    continue
            text += line
            while (end := scanner.ends(text)) is not None:
                whole, text = text[:end].strip(), text[end + 1 :]
                scanner = _Scanner()
                if _says_nothing(whole):
                    continue
                if _COPY.match(_bare(whole)):
                    rows = self._rows()
                    yield Statement(whole, start, rows)
                    for _ in rows:
                        pass
                    text = ""
                else:
                    yield Statement(whole, start)
                start = number
        if not _says_nothing(text):
            raise UsageError("the last statement does not end", where=f"{self._path}:{start}", do="add the semicolon")

    def _rows(self) -> Iterator[str]:
        for _, line in self._lines:
            if line.rstrip("\r\n") == "\\.":
                return
            yield line

    def _psql(self, line: str, number: int) -> None:
        if _HARMLESS.match(line):
            return
        raise UsageError(
            f"a psql command, which is not run: {line.strip()[:40]}",
            where=f"{self._path}:{number}",
            do="take it out, or dump without --create",
        )


class _Scanner:
    """Finds the semicolon that ends a statement: not one in quotes, comments, or the body of BEGIN ATOMIC."""

    def __init__(self) -> None:
        self._at = 0
        self._depth = 0

    def ends(self, text: str) -> int | None:
        """The semicolon's place in ``text``, which has grown since the last call; None where it is not there yet."""
        while (found := _PIECE.search(text, self._at)) is not None:
            piece = found[0]
            if piece == ";":
                if self._depth == 0:
                    return found.start()
                self._at = found.end()
                continue
            after = self._after(text, piece, found.end())
            if after is None:
                self._at = found.start()
                return None
            self._at = after
        self._at = max(self._at, text.rfind("\n") + 1)
        return None

    def _after(self, text: str, piece: str, end: int) -> int | None:
        word = piece.upper()
        if word.startswith("--"):
            return end
        if piece == "/*":
            return _comment(text, end)
        if word == "END" or word == "CASE" or word.startswith("BEGIN"):
            if word.startswith("BEGIN") or (word == "CASE" and self._depth):
                self._depth += 1
            elif word == "END" and self._depth:
                self._depth -= 1
            return end
        if piece == "'" and re.search(r"(?<![A-Za-z0-9_])[eE]$", text[: end - 1]):
            return _escaped(text, end)
        place = text.find(piece, end)
        return None if place < 0 else place + len(piece)


def _comment(text: str, end: int) -> int | None:
    depth = 1
    for found in re.finditer(r"/\*|\*/", text[end:]):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return end + found.end()
    return None


def _escaped(text: str, end: int) -> int | None:
    found = re.compile(r"(?:[^'\\]|\\.|'')*'", re.DOTALL).match(text, end)
    return found.end() if found else None


def _bare(text: str) -> str:
    """The text without comments in front."""
    return re.sub(r"\A(\s*(--[^\n]*\n|/\*.*?\*/))*\s*", "", text, flags=re.DOTALL)


def _says_nothing(text: str) -> bool:
    return not re.sub(r"--[^\n]*|/\*.*?\*/|\s", "", text, flags=re.DOTALL)
