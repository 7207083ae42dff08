"""Blocks for people: the same content as HTML (JupyterLab, the walkthrough, the record) and as plain text.

Everything that comes from an application or a database is escaped; a block holds no script and no outside
address.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cronlift.notebook.style import STYLE, mark

Tone = Literal["green", "attention", "pending", "red", "plain"]

MARK = {"green": "✓", "attention": "!", "pending": "…", "red": "✗", "plain": ""}
_WORD = {"green": "ok", "attention": "note", "pending": "pending", "red": "FAILED", "plain": ""}
SIDES = ("In the application", "The SQL it sends")
_WIDTH, _WIDE = 44, 100
"""Where the text twin wraps a cell: in a table of several columns, and of one or two."""


def escape(value: object) -> str:
    """Text for HTML; control characters are made visible, so that they cannot steer a terminal or a page."""
    return html.escape(visible(str(value)))


def visible(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


@dataclass(frozen=True)
class Badge:
    """A word with a colour; the word alone says it too."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Code:
    """A short piece of code, in a cell."""

    text: str


@dataclass(frozen=True)
class Noted:
    """A sentence with something smaller below it: where the evidence is."""

    text: str
    note: str


Cell = str | Badge | Code | Noted


@dataclass(frozen=True)
class Say:
    """The sentence on top: what happened."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "none"


@dataclass(frozen=True)
class Listing:
    """Code or text under a title that opens; ``open`` shows it at once."""

    title: str
    text: str
    open: bool = False


@dataclass(frozen=True)
class Fold:
    """A table under a title that opens."""

    title: str
    table: Table
    open: bool = False


@dataclass(frozen=True)
class Picture:
    """A drawing of ours (``svg``) under a title that opens, with its plain-text twin."""

    title: str
    svg: str
    text: str


@dataclass(frozen=True)
class Stretch:
    """Characters of one line: ``pair`` numbers what they belong to on the other side (0: nothing), ``kind`` is
    pygments' short class of the word."""

    text: str
    pair: int = 0
    kind: str = ""


@dataclass(frozen=True)
class Line:
    """A line of code, with its number where it has one."""

    number: int | None
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True)
class Excerpt:
    """Lines of code under their place; ``notes`` stand below."""

    title: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sides:
    """The application's source beside its SQL under a title that opens; equal numbers belong together."""

    title: str
    left: tuple[Excerpt, ...]
    right: tuple[Excerpt, ...]
    open: bool = False


Part = Say | Table | Listing | Fold | Picture | Sides


@dataclass(frozen=True)
class Block:
    """What a notebook cell shows."""

    parts: tuple[Part, ...] = field(default_factory=tuple)

    @property
    def html(self) -> str:
        """The block's HTML without its style sheet."""
        return f'<div class="cronlift">{"".join(_html(part) for part in self.parts)}</div>'

    @property
    def text(self) -> str:
        """The plain-text twin."""
        return "\n\n".join(_text(part) for part in self.parts)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": STYLE + self.html, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


def block(*parts: Part) -> Block:
    """A block of the given parts."""
    return Block(tuple(parts))


def _html(part: Part) -> str:
    match part:
        case Say(text, tone):
            return f'<p class="say {tone}"><b>{MARK[tone]}</b> {escape(text)}</p>'
        case Table():
            return _html_table(part)
        case Listing(title, text, is_open):
            opened = " open" if is_open else ""
            return f"<details{opened}><summary>{escape(title)}</summary><pre>{escape(text)}</pre></details>"
        case Fold(title, table, is_open):
            opened = " open" if is_open else ""
            return f"<details{opened}><summary>{escape(title)}</summary>{_html_table(table)}</details>"
        case Picture(title, svg, text):
            drawing = f'<div class="scroll" role="img" aria-label="{escape(text)}">{svg}</div>'
            return f"<details open><summary>{escape(title)}</summary>{drawing}</details>"
        case Sides(title, left, right, is_open):
            opened = " open" if is_open else ""
            columns = "".join(
                f"<div><h4>{name}</h4>{''.join(map(_html_excerpt, side))}</div>"
                for name, side in zip(SIDES, (left, right), strict=True)
            )
            return f'<details{opened}><summary>{escape(title)}</summary><div class="pairs">{columns}</div></details>'


def _html_excerpt(excerpt: Excerpt) -> str:
    lines = "\n".join(_numbered(excerpt, _html_stretch, lambda number: f"<i>{number:>4}</i> "))
    notes = "".join(f'<p class="soft">{escape(note)}</p>' for note in excerpt.notes)
    return f'<p class="soft">{escape(excerpt.title)}</p><pre>{lines}</pre>{notes}'


def _html_stretch(stretch: Stretch, begins: bool) -> str:
    text = escape(stretch.text)
    text = f'<span class="{stretch.kind}">{text}</span>' if stretch.kind and text.strip() else text
    if not stretch.pair:
        return text
    number = f"<sup>{stretch.pair}</sup>" if begins else ""
    return f'<span class="pair {mark(stretch.pair)}">{number}{text}</span>'


def _text_excerpt(excerpt: Excerpt) -> str:
    def stretch(one: Stretch, begins: bool) -> str:
        return f"[{one.pair}] {one.text}" if begins else one.text

    return "\n".join((*_numbered(excerpt, stretch, lambda number: f"{number:>4} "), *excerpt.notes))


def _numbered(excerpt: Excerpt, shown: Callable[[Stretch, bool], str], numbered: Callable[[int], str]) -> Iterator[str]:
    """The lines of an excerpt; ``shown`` is told of each stretch whether its pair begins there."""
    last = 0
    for line in excerpt.lines:
        text = "" if line.number is None else numbered(line.number)
        for stretch in line.stretches:
            text += shown(stretch, stretch.pair not in (0, last))
            last = stretch.pair if stretch.text.strip() else last
        yield text.rstrip()


def _html_table(table: Table) -> str:
    if not table.rows:
        return f"<p>{escape(table.empty)}</p>"
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in table.columns)
    body = "".join("<tr>" + "".join(f"<td>{cell_html(c)}</td>" for c in row) + "</tr>" for row in table.rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def cell_html(cell: Cell) -> str:
    """One cell's HTML, escaped."""
    match cell:
        case Badge(text, tone):
            return f'<span class="badge {tone}">{escape(text)}</span>' if text else ""
        case Code(text):
            return f"<code>{escape(text)}</code>" if text else ""
        case Noted(text, note):
            return f"{escape(text)}<small>{escape(note)}</small>" if note else escape(text)
        case str():
            return escape(cell)


def _text(part: Part) -> str:
    match part:
        case Say(text, tone):
            return visible(f"[{_WORD[tone]}] {text}" if _WORD[tone] else text)
        case Table():
            return text_table(part)
        case Listing(title, text, _):
            return visible(f"{title}\n{textwrap.indent(text.rstrip(), '    ')}")
        case Fold(title, table, _):
            return f"{visible(title)}\n{text_table(table)}"
        case Picture(title, _, text):
            return visible(f"{title}\n{textwrap.indent(text, '    ')}")
        case Sides(title, left, right, _):
            pieces = [
                f"{name}: {excerpt.title}\n{textwrap.indent(_text_excerpt(excerpt), '    ')}"
                for name, side in zip(SIDES, (left, right), strict=True)
                for excerpt in side
            ]
            return visible("\n".join((title, *(textwrap.indent(piece, "  ") for piece in pieces))))


def text_table(table: Table) -> str:
    """The table in fixed-width text; long cells are wrapped, nothing is cut."""
    if not table.rows:
        return table.empty
    names = [visible(name) for name in table.columns]
    columns = range(len(names))
    width = _WIDTH if len(names) > 2 else _WIDE
    cells = [[_wrap(_plain(cell), width) for cell in row] for row in table.rows]
    widths = [max(len(line) for line in [names[i], *(ln for r in cells for ln in r[i])]) for i in columns]
    lines = ["  ".join(names[i].ljust(widths[i]) for i in columns).rstrip()]
    lines.append("  ".join("-" * widths[i] for i in columns))
    for row in cells:
        for n in range(max(len(cell) for cell in row)):
            line = "  ".join((row[i][n] if n < len(row[i]) else "").ljust(widths[i]) for i in columns)
            lines.append(line.rstrip())
    return "\n".join(lines)


def _plain(cell: Cell) -> str:
    match cell:
        case Noted(text, note):
            return f"{text} ({note})" if text and note else text or note
        case Badge(text) | Code(text):
            return text
        case str():
            return cell


def _wrap(text: str, width: int) -> list[str]:
    lines = [piece for line in visible(text).split("\n") for piece in textwrap.wrap(line, width) or [""]]
    return lines or [""]
