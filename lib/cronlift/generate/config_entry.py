"""Entries of a crontab in Elixir source: finding one, and taking some out while every other byte stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter
import tree_sitter_elixir

from cronlift.generate.refusal import RefusalError
from cronlift.model.job import Job

_LANGUAGE = tree_sitter.Language(tree_sitter_elixir.language())
# How a worker (Oban) or a task (Quantum) is written in an entry.
_HANDLERS = ("alias", "dot", "call", "identifier", "unary_operator", "tuple", "anonymous_function")


@dataclass(frozen=True)
class Span:
    """The bytes of one entry's tuple, ``start`` to ``end``."""

    start: int
    end: int


def locate(source: bytes, job: Job) -> Span:
    """The tuple that schedules the job. Raises RefusalError where it is not found, or not one item of a list.

    The lines in the job's record decide; where they no longer fit (another job was taken out since), the
    entry must be the only one of its schedule, worker and arguments in the file.
    """
    where = f"{job.config.file}:{job.config.line}"
    tuples = [n for n in _nodes(_parse(source)) if n.type == "tuple" and _fits(n, job)]
    here = [n for n in tuples if _lines(n) == (job.config.line, job.config.end_line)]
    candidates = here or [n for n in tuples if _schedule(n) == job.schedule]
    if len(candidates) > 1:
        candidates = [n for n in candidates if _has_args(n, job)]
    if len(candidates) != 1:
        raise RefusalError(
            "config-entry",
            f"{where}: the entry cannot be told apart in the file as it is now ({len(candidates)} fit)",
        )
    (entry,) = candidates
    if entry.parent is None or entry.parent.type != "list":
        raise RefusalError("config-entry", f"{where}: the entry is not written in the list itself")
    return Span(entry.start_byte, entry.end_byte)


def without(source: bytes, spans: Sequence[Span]) -> bytes:
    """The source without the entries. Their commas go with them, and lines that held nothing else; comments stay.

    Raises RefusalError where the result would not parse.
    """
    starts = {s.start for s in spans}
    gone = bytearray(len(source))
    for node in _nodes(_parse(source)):
        if node.type == "list" and any(c.start_byte in starts and c.type == "tuple" for c in node.children):
            _take_out(source, node, starts, gone)
    result = bytes(b for b, is_gone in zip(source, gone, strict=True) if not is_gone)
    if _parse(result).has_error:
        raise RefusalError("config-entry", "without the entry the file would not parse; take it out by hand")
    return result


def _take_out(source: bytes, node: tree_sitter.Node, starts: set[int], gone: bytearray) -> None:
    """Mark what goes of one list."""
    inner = node.children[1:-1]
    items = [c for c in inner if c.type not in (",", "comment")]
    going = [c.type == "tuple" and c.start_byte in starts for c in items]
    if all(going) and not any(c.type == "comment" for c in inner):
        _mark(gone, inner[0].prev_sibling.end_byte, node.end_byte - 1)  # type: ignore[union-attr]
        return
    commas = [_comma_after(c) for c in items]
    last = max((i for i, g in enumerate(going) if not g), default=-1)
    for index, item in enumerate(items):
        if going[index]:
            _mark(gone, item.start_byte, item.end_byte)
            _mark_node(gone, commas[index])
        elif index == last and commas[-1] is None and last < len(items) - 1:
            _mark_node(gone, commas[index])  # the list had no comma at its end, and has none again
    for index, item in enumerate(items):
        if going[index]:
            _clean_lines(source, item, commas[index], gone)


def _clean_lines(source: bytes, item: tree_sitter.Node, comma: tree_sitter.Node | None, gone: bytearray) -> None:
    """White space that the entry leaves: whole lines where nothing else is on them, else the gap beside it."""
    end = comma.end_byte if comma else item.end_byte
    first = source.rfind(b"\n", 0, item.start_byte) + 1
    after = source.find(b"\n", end)
    past = len(source) if after < 0 else after + 1
    rest = bytes(source[i] for i in range(first, past) if not gone[i])
    if not rest.strip():
        _mark(gone, first, past)
        return
    while end < len(source) and source[end : end + 1] in (b" ", b"\t"):
        end += 1
    _mark(gone, item.end_byte, end)
    start = item.start_byte
    while source[start - 1 : start] in (b" ", b"\t"):
        start -= 1
    # The gap before it goes too, where the comma there went or the list ends here.
    if gone[start - 1] or (source[end : end + 1] == b"]" and source[start - 1 : start] != b"\n"):
        _mark(gone, start, item.start_byte)


def _comma_after(item: tree_sitter.Node) -> tree_sitter.Node | None:
    node = item.next_sibling
    while node is not None and node.type == "comment":
        node = node.next_sibling
    return node if node is not None and node.type == "," else None


def _mark_node(gone: bytearray, node: tree_sitter.Node | None) -> None:
    if node is not None:
        _mark(gone, node.start_byte, node.end_byte)


def _mark(gone: bytearray, start: int, end: int) -> None:
    gone[start:end] = b"\1" * (end - start)


def _parse(source: bytes) -> tree_sitter.Node:
    return tree_sitter.Parser(_LANGUAGE).parse(source).root_node


def _nodes(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _elements(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [c for c in node.named_children if c.type != "comment"]


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _lines(node: tree_sitter.Node) -> tuple[int, int]:
    return node.start_point[0] + 1, node.end_point[0] + 1


def _schedule(node: tree_sitter.Node) -> str | None:
    """The tuple's schedule where it is a plain string."""
    first = _elements(node)[0]
    contents = first.named_children
    return _text(contents[0]) if first.type == "string" and [c.type for c in contents] == ["quoted_content"] else None


def _fits(node: tree_sitter.Node, job: Job) -> bool:
    """A tuple of schedule and worker; an ``alias … as`` may give the worker any name, a schedule that is no plain
    string any value."""
    elements = _elements(node)
    if len(elements) < 2 or elements[1].type not in _HANDLERS:
        return False
    schedule = _schedule(node)
    if schedule is not None and schedule != job.schedule:
        return False
    same_name = _text(elements[1]).rpartition(".")[2] == job.worker.rpartition(".")[2]
    return same_name or (schedule is not None and _lines(node) == (job.config.line, job.config.end_line))


def _has_args(node: tree_sitter.Node, job: Job) -> bool:
    text = " ".join(_text(e) for e in _elements(node)[2:])
    if not job.options.args:
        return "args:" not in text
    return all(str(part) in text for pair in job.options.args.items() for part in pair)
