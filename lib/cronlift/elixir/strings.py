"""What the text of an Elixir string, heredoc or sigil stands for (elixir lib/elixir/src/elixir_interpolation.erl)."""

from __future__ import annotations

import re
from collections.abc import Callable

import tree_sitter

from cronlift.elixir.syntax import Node

_SIMPLE = {
    "n": "\n", "t": "\t", "r": "\r", "s": " ", "0": "\0", "a": "\a", "b": "\b",
    "d": "\x7f", "e": "\x1b", "f": "\f", "v": "\v", "\n": "",
}  # fmt: skip


def _unescape(escape: str) -> str:
    r"""``\n``, ``\xHH``, ``\uHHHH``, ``\u{H…}``; any other escaped character is itself."""
    body = escape[1:]
    code = re.fullmatch(r"(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|[ux]\{([0-9A-Fa-f]{1,6})\})", body)
    if code:
        point = int(next(g for g in code.groups() if g), 16)
        # Elixir compiles neither what is beyond Unicode nor half of a surrogate pair.
        return chr(point) if point < 0xD800 or 0xE000 <= point < 0x110000 else "\ufffd"
    return _SIMPLE.get(body, body)


def parts(
    node: tree_sitter.Node, convert: Callable[[tree_sitter.Node], Node], *, raw: bool = False
) -> tuple[str | Node, ...]:
    """The literal and interpolated parts of a string-like node, escapes resolved, heredoc indentation removed.

    ``raw``: an upper-case sigil, in which a backslash is a backslash.
    """
    found: list[str | Node] = []
    literal_starts: list[bool] = []
    for child in node.named_children:
        if child.type == "interpolation":
            found.append(convert(child))
            literal_starts.append(False)
        elif child.type in ("quoted_content", "escape_sequence"):
            found.append((child.text or b"").decode("utf-8", "replace"))
            literal_starts.append(child.type == "quoted_content")
    if _is_heredoc(node):
        _dedent(found, literal_starts, node.end_point[1] - 3 - _modifiers(node))
    for i, (part, literal) in enumerate(zip(found, literal_starts, strict=True)):
        if isinstance(part, str) and not raw:
            # A backslash at a line's end joins the lines; the grammar leaves that one inside the content.
            found[i] = part.replace("\\\n", "") if literal else _unescape(part)
    return _join(found)


def sigil(
    node: tree_sitter.Node, convert: Callable[[tree_sitter.Node], Node]
) -> tuple[str, tuple[str | Node, ...] | None]:
    """A sigil's name and its parts. An upper-case one has neither escapes nor interpolation, but a backslash before
    its own delimiter is none of its text, or is, by the version of Elixir: None then."""
    name = next(((c.text or b"").decode() for c in node.named_children if c.type == "sigil_name"), "")
    if name.isupper() and any(c.type == "escape_sequence" for c in node.named_children):
        return name, None
    return name, parts(node, convert, raw=name.isupper())


def _is_heredoc(node: tree_sitter.Node) -> bool:
    return any((c.text or b"") in (b'"""', b"'''") for c in node.children if not c.is_named)


def _modifiers(node: tree_sitter.Node) -> int:
    return sum(len(c.text or b"") for c in node.named_children if c.type == "sigil_modifiers")


def _dedent(found: list[str | Node], literal: list[bool], indent: int) -> None:
    """Drop the first newline, and up to ``indent`` blanks at the start of each line."""
    at_line_start = False
    for i, part in enumerate(found):
        if not isinstance(part, str) or not literal[i]:
            # An escaped newline joins lines, and the next line's indentation is still the heredoc's.
            at_line_start = part == "\\\n"
            continue
        if i == 0:
            # Blanks may stand between the opening quotes and the newline.
            part = re.sub(r"\A[ \t]*\r?\n", "", part, count=1)
            at_line_start = True
        lines = part.split("\n")
        cut = [re.sub(rf"\A[ \t]{{0,{indent}}}", "", line) for line in lines[1:]]
        first = re.sub(rf"\A[ \t]{{0,{indent}}}", "", lines[0]) if at_line_start else lines[0]
        found[i] = "\n".join([first, *cut])
        at_line_start = False


def _join(found: list[str | Node]) -> tuple[str | Node, ...]:
    joined: list[str | Node] = []
    for part in found:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
