"""Pieces of the application's source and of SQL as HTML: numbered lines, coloured, marked where it matters.

Source is data: it is read below the application's folder only, never run, and escaped wherever it is shown.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]

from cronlift.notebook.display import escape, visible

AROUND = 4
"""Lines shown before and after a place."""
_LARGEST = 2 * 1024 * 1024


def excerpt(root: Path, file: str, first: int, last: int = 0) -> str:
    """The lines ``first`` to ``last`` (from 1) of a file with some around; the place itself is marked at its edge."""
    lines = _lines(root, file)
    if not lines:
        return f'<p class="soft">{escape(file)} cannot be read any more</p>'
    last = max(first, last)
    start, end = max(1, first - AROUND), min(len(lines), last + AROUND)
    shown = []
    for number in range(start, end + 1):
        kind = " here" if first <= number <= last else ""
        shown.append(f'<span class="ln{kind}"><i>{number}</i>{lines[number - 1] or " "}</span>')
    return f"<pre>{''.join(shown)}</pre>"


def evidence(root: Path, text: str, file: str, line: int, end: int = 0) -> str:
    """A sentence with its place, which opens to the source there."""
    at = f'<span class="at">{escape(file)}:{line}</span>'
    return f"<details><summary>{escape(text)} {at}</summary>{excerpt(root, file, line, end)}</details>"


def sql(text: str) -> str:
    """SQL, coloured."""
    return f"<pre>{_pieces(text, 'postgresql', indent=True)}</pre>"


def coloured(text: str, language: str) -> str:
    """A whole text in a language that pygments knows."""
    return f"<pre>{_pieces(text, language, indent=True)}</pre>"


def _pieces(text: str, language: str, *, indent: bool = False) -> str:
    lexer = get_lexer_by_name(language, stripnl=False)
    shown: str = highlight(visible(text).strip("\n"), lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    if not indent:
        return shown
    return "\n".join(f'<span class="ln">&nbsp;&nbsp;{line}</span>' for line in shown.split("\n")).replace("\n", "")


def _lines(root: Path, file: str) -> tuple[str, ...]:
    path = root / file
    if ".." in Path(file).parts or Path(file).is_absolute():
        return ()
    try:
        found = path.stat()
        if found.st_size > _LARGEST:
            return ()
        return _coloured(path, found.st_mtime_ns)
    except OSError:
        return ()


@lru_cache(maxsize=64)
def _coloured(path: Path, _stamp: int) -> tuple[str, ...]:
    """A file's lines, coloured one by one (pygments closes what is open at a line's end)."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return tuple(_pieces(text.replace("\r\n", "\n") + "\n", "elixir").split("\n"))
