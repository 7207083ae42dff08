"""What commands print: one JSON document, or a short table; progress goes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cronlift.model.document import Document


def json_document(document: Document) -> None:
    """Print the document's JSON to stdout."""
    sys.stdout.write(document.to_json())


def complain(text: str) -> None:
    """Print an error to stderr: what, where, what to do."""
    say(f"cronlift: {text}")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table to stdout; cells are plain text (never markup: they hold the application's own strings)."""
    grid = Table(title=title or None, box=None, pad_edge=False, title_justify="left", header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(printable(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 160).print(grid)


def say(text: str) -> None:
    """Print one line of progress to stderr."""
    print(printable(text), file=sys.stderr)


def printable(text: str) -> str:
    """The text with control characters made visible, so that a source string cannot steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
