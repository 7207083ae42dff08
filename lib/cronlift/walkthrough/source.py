"""Pieces of the application's source and of SQL as HTML: numbered lines, coloured, marked where it matters.

Source is data: it is read below the application's folder only, never run, and escaped wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]

from cronlift.model.verdict import Parameter, Step
from cronlift.notebook.display import escape, visible
from cronlift.walkthrough.style import mark

AROUND = 4
"""Lines shown before and after a place."""
_LARGEST = 2 * 1024 * 1024
_NEAR = 40
"""Two marked places in one file that lie closer than this (in lines) are shown in one excerpt."""


def excerpt(root: Path, file: str, first: int, last: int = 0, *, marks: Mapping[int, int] | None = None) -> str:
    """The lines ``first`` to ``last`` (from 1) of a file with some around; the place itself is marked at its edge.

    ``marks`` gives lines the number of the statement that stands there.
    """
    lines = _lines(root, file)
    if not lines:
        return f'<p class="soft">{escape(file)} cannot be read any more</p>'
    last = max(first, last)
    start, end = max(1, first - AROUND), min(len(lines), last + AROUND)
    shown = []
    for number in range(start, end + 1):
        marked = (marks or {}).get(number)
        kind = f" marked {mark(marked)}" if marked else " here" if not marks and first <= number <= last else ""
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


def side_by_side(root: Path, steps: Iterable[Step]) -> str:
    """The application's statements where they stand, and the SQL they come to; equal numbers belong together."""
    numbered = list(enumerate(steps, 1))
    left = "".join(_places(root, numbered))
    right = "".join(_statement(number, step) for number, step in numbered)
    return (
        f'<div class="sides"><div><h4>In the application</h4>{left}</div>'
        f"<div><h4>The SQL it sends</h4>{right}</div></div>"
    )


def _places(root: Path, numbered: list[tuple[int, Step]]) -> Iterable[str]:
    """One excerpt per file and neighbourhood, in the order of the statements."""
    groups: list[list[tuple[int, Step]]] = []
    for number, step in numbered:
        last = groups[-1][-1][1] if groups else None
        near = last is not None and last.file == step.file and abs(step.line - last.end_line) <= _NEAR
        if near:
            groups[-1].append((number, step))
        else:
            groups.append([(number, step)])
    for group in groups:
        marks = {line: number for number, step in group for line in range(step.line, step.end_line + 1)}
        badges = "".join(f'<span class="no {mark(number)}">{number}</span>' for number, _ in group)
        file = group[0][1].file
        yield f'<p>{badges} <span class="soft">{escape(file)}:{min(marks)}</span></p>'
        yield excerpt(root, file, min(marks), max(marks), marks=marks)


def _statement(number: int, step: Step) -> str:
    where = f"in transaction {step.transaction}" if step.transaction is not None else "committed on its own"
    when = f", only if <code>{escape(step.condition)}</code>" if step.condition else ""
    values = "".join(_parameter(parameter) for parameter in step.parameters)
    bound = f'<div class="soft">{values}</div>' if values else ""
    return (
        f'<div class="stmt {mark(number)}"><span class="no {mark(number)}">{number}</span>'
        f'<span class="soft">{escape(where)}{when}</span>{sql(step.text)}{bound}</div>'
    )


def _parameter(parameter: Parameter) -> str:
    return f"<div><code>${parameter.position} = {escape(parameter.sql)}</code>: {escape(parameter.origin)}</div>"


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
