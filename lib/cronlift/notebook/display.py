"""Blocks for people: the same content as HTML (JupyterLab, the walkthrough, the record) and as plain text.

Everything that comes from an application or a database is escaped; a block holds no script and no outside
address.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["green", "attention", "pending", "red", "plain"]

MARK = {"green": "✓", "attention": "!", "pending": "…", "red": "✗", "plain": ""}
_WORD = {"green": "ok", "attention": "note", "pending": "pending", "red": "FAILED", "plain": ""}
_WIDTH, _WIDE = 44, 100
"""Where the text twin wraps a cell: in a table of several columns, and of one or two."""

STYLE = """<style>
.cronlift {font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 13px; line-height: 1.45;
  color: var(--jp-ui-font-color1, #1f2328); max-width: 1100px}
.cronlift .say {margin: 4px 0 10px; padding: 7px 12px; border-left: 4px solid #8a8f98; font-size: 14px;
  background: var(--jp-layout-color2, #f3f4f6); white-space: pre-line}
.cronlift .say.green {border-color: #1f9d55} .cronlift .say.attention {border-color: #c98a00}
.cronlift .say.pending {border-color: #2f6fd0} .cronlift .say.red {border-color: #d1323e}
.cronlift .say b {display: inline-block; min-width: 1.3em}
.cronlift .scroll {overflow-x: auto}
.cronlift table {border-collapse: collapse; margin: 0 0 10px; font-size: 13px; width: 100%; table-layout: auto}
.cronlift th, .cronlift td {text-align: left !important; vertical-align: top; padding: 4px 12px 4px 0 !important;
  border-bottom: 1px solid var(--jp-border-color2, #d9dce1); white-space: normal !important; background: none}
.cronlift th {font-weight: 600; color: var(--jp-ui-font-color2, #57606a); white-space: nowrap !important}
.cronlift td small {display: block; color: var(--jp-ui-font-color2, #57606a); overflow-wrap: anywhere}
.cronlift td code {white-space: nowrap !important; background: none !important; padding: 0 !important}
.cronlift code, .cronlift pre {font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: 12.5px;
  background: none; color: inherit; padding: 0}
.cronlift pre {background: var(--jp-layout-color2, #f3f4f6) !important; padding: 9px 12px !important;
  overflow-x: auto; white-space: pre; margin: 4px 0 10px}
.cronlift details {margin: 0 0 8px} .cronlift summary {cursor: pointer; font-weight: 600; padding: 3px 0}
.cronlift .badge {display: inline-block; padding: 0 8px; border-radius: 9px; font-size: 12px; white-space: nowrap;
  border: 1px solid currentColor}
.cronlift .badge.green {color: #1a7f45} .cronlift .badge.attention {color: #9a6700}
.cronlift .badge.pending {color: #2563c4} .cronlift .badge.red {color: #c52a36}
.cronlift .badge.plain {color: var(--jp-ui-font-color2, #57606a)}
[data-jp-theme-light="false"] .cronlift .badge.green {color: #4cc38a}
[data-jp-theme-light="false"] .cronlift .badge.attention {color: #e2b340}
[data-jp-theme-light="false"] .cronlift .badge.pending {color: #74a7f7}
[data-jp-theme-light="false"] .cronlift .badge.red {color: #ff7b83}
</style>"""


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


Part = Say | Table | Listing | Fold | Picture


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
