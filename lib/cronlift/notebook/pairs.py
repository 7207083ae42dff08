"""The application's source beside the SQL it sends, with what belongs together marked by the same number and colour.

Source is data: it is read below the application's folder only, never run, and escaped wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

from cronlift.model.verdict import Parameter, Piece, Step
from cronlift.notebook.display import Excerpt, Line, Sides, Stretch
from cronlift.sql.clauses import Clause, clauses

_AROUND = 2
"""Lines shown before and after what is marked."""
_NEAR = 12
"""Two marked places in one file that lie closer than this (in lines) are shown in one excerpt."""
_LARGEST = 2 * 1024 * 1024

# Which clauses of the SQL a part of the source can be, the first that is there.
_CLAUSES: dict[str, tuple[str, ...]] = {
    "from": ("delete", "update", "from"),
    "join": ("join", "using", "from"),
    "on": ("join", "where"),
    "where": ("where",),
    "having": ("having",),
    "group_by": ("group_by",),
    "order_by": ("order_by",),
    "limit": ("limit",),
    "offset": ("offset",),
    "distinct": ("select",),
    "select": ("select", "returning"),
    "lock": ("lock",),
    "windows": ("window",),
    "with": ("with",),
    "combination": ("combination",),
    "update": ("set",),
}
# A call gives the verb, and what it takes as options.
_CALLS = {"insert": ("insert", "values", "on_conflict", "returning"), "delete": ("delete",), "select": ("select",)}


@dataclass(frozen=True)
class _Mark:
    """Characters (or bytes, in the source) that belong to a pair."""

    start: int
    end: int
    pair: int


def side_by_side(root: Path, title: str, steps: Sequence[Step], *, open: bool = False) -> Sides:
    """Both sides of a job's statements; pairs are numbered through."""
    left: dict[str, list[tuple[Piece, int]]] = {}
    right: list[Excerpt] = []
    pair = 0
    for number, step in enumerate(steps, 1):
        marks: list[_Mark] = []
        for belonging, pieces in _paired(step):
            pair += 1
            marks += [_Mark(clause.start, clause.end, pair) for clause in belonging]
            for piece in pieces:
                left.setdefault(piece.file, []).append((piece, pair))
        where = f"in transaction {step.transaction}" if step.transaction is not None else "committed on its own"
        ahead = f"{number}. " if len(steps) > 1 else ""
        lines = _lines(_broken(step.text), marks, _kinds(step.text, "postgresql"))
        right.append(Excerpt(f"{ahead}{where}{_only_if(step)}", tuple(lines), tuple(map(_parameter, step.parameters))))
    shown = [excerpt for file, places in left.items() for excerpt in _excerpts(root, file, places)]
    return Sides(title, tuple(shown), tuple(right), open)


def _broken(text: str) -> str:
    """A statement on one line, for people: a line for each of its clauses (a blank becomes the line break)."""
    if "\n" not in text:
        for clause in clauses(text):
            if clause.start and text[clause.start - 1] == " ":
                text = f"{text[: clause.start - 1]}\n{text[clause.start :]}"
    return text


def _only_if(step: Step) -> str:
    return f", only if {step.condition}" if step.condition else ""


def _parameter(parameter: Parameter) -> str:
    return f"${parameter.position} = {parameter.sql}: {parameter.origin}"


def _paired(step: Step) -> list[tuple[list[Clause], list[Piece]]]:
    """The clauses of the SQL that have a place in the source, in order, with those places."""
    found = clauses(step.text)
    belong: dict[tuple[int, ...], list[Piece]] = {}
    for piece in step.pieces:
        at = _clauses_of(piece, step, [clause.name for clause in found])
        if at:
            belong.setdefault(at, []).append(piece)
    if belong:
        return [([found[n] for n in at], pieces) for at, pieces in sorted(belong.items())]
    whole = step.pieces or (Piece(part="call", file=step.file, line=step.line, end_line=step.end_line),)
    return [([Clause("statement", 0, len(step.text))], list(whole))]


def _clauses_of(piece: Piece, step: Step, names: list[str]) -> tuple[int, ...]:
    """Which of the SQL's clauses (by number) a piece of the source gives; none where that is not known."""
    others = [other.part for other in step.pieces]
    if "text" in others:
        return ()  # SQL written as one string: all of it belongs to all of that
    if piece.part != "call":
        # The first join is the first JOIN, and so on; a join of an UPDATE or DELETE is one FROM or USING.
        nth = [p for p in step.pieces if p.part == piece.part].index(piece) if piece.part in ("join", "on") else 0
        for name in _CLAUSES.get(piece.part, ()):
            places = [number for number, one in enumerate(names) if one == name]
            if places:
                return (places[min(nth, len(places) - 1)],)
        return ()
    if names[0] == "update":
        wanted: tuple[str, ...] = ("update",) if "update" in others else ("set",)
    else:
        wanted = _CALLS.get(names[0], ())
    return tuple(number for number, name in enumerate(names) if name in wanted)


def _excerpts(root: Path, file: str, places: list[tuple[Piece, int]]) -> Iterator[Excerpt]:
    source = _read(root, file)
    if source is None:
        yield Excerpt(f"{file} cannot be read any more", ())
        return
    places.sort(key=lambda place: place[0].line)
    groups: list[list[tuple[Piece, int]]] = []
    for piece, pair in places:
        if groups and piece.line - max(p.end_line for p, _ in groups[-1]) <= _NEAR:
            groups[-1].append((piece, pair))
        else:
            groups.append([(piece, pair)])
    for group in groups:
        first = max(1, min(p.line for p, _ in group) - _AROUND)
        last = min(len(source.lines), max(p.end_line for p, _ in group) + _AROUND)
        if first > last:
            yield Excerpt(f"{file} has changed since: it has no line {first} any more", ())
            continue
        begin, end = source.lines[first - 1], source.lines[last] if last < len(source.lines) else len(source.text)
        marks = [source.mark(piece, pair, begin) for piece, pair in group]
        lines = _lines(source.text[begin:end].rstrip("\n"), marks, source.kinds[begin:end], first)
        yield Excerpt(f"{file}:{min(p.line for p, _ in group)}", tuple(lines))


@dataclass(frozen=True)
class _Source:
    """A file: its characters, the syntax class of each, and where its lines begin (in characters)."""

    text: str
    kinds: list[str]
    lines: list[int]

    def mark(self, piece: Piece, pair: int, begin: int) -> _Mark:
        """A piece's place counted from ``begin``; whole lines where its bytes are not on them (the file changed)."""
        data = self.text.encode()
        start, end = (len(data[:byte].decode(errors="replace")) for byte in (piece.start, piece.end))
        low = self.lines[min(piece.line, len(self.lines)) - 1]
        high = self.lines[piece.end_line] if piece.end_line < len(self.lines) else len(self.text)
        if not low <= start < end <= high:
            start, end = low, high
        return _Mark(start - begin, start - begin + len(self.text[start:end].rstrip()), pair)


def _lines(text: str, marks: Sequence[_Mark], kinds: Sequence[str], first: int | None = None) -> Iterator[Line]:
    """The text line by line, cut where a pair or a kind of word begins; of marks within marks the inner one counts."""
    pairs = [0] * len(text)
    for mark in sorted(marks, key=lambda m: m.start - m.end):
        pairs[mark.start : mark.end] = [mark.pair] * (min(mark.end, len(text)) - mark.start)
    at = 0
    for number, line in enumerate(text.split("\n")):
        stretches: list[Stretch] = []
        blank = len(line) - len(line.lstrip())
        for offset, character in enumerate(line):
            pair, kind = pairs[at + offset] if offset >= blank else 0, kinds[at + offset]
            if stretches and (stretches[-1].pair, stretches[-1].kind) == (pair, kind):
                stretches[-1] = Stretch(stretches[-1].text + character, pair, kind)
            else:
                stretches.append(Stretch(character, pair, kind))
        yield Line(None if first is None else first + number, tuple(stretches))
        at += len(line) + 1


def _kinds(text: str, language: str) -> list[str]:
    """Pygments' short class of every character."""
    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    return [STANDARD_TYPES.get(kind, "") for kind, word in lexer.get_tokens(text) for _ in word]


def _read(root: Path, file: str) -> _Source | None:
    if ".." in Path(file).parts or Path(file).is_absolute():
        return None
    path = root / file
    try:
        found = path.stat()
        return None if found.st_size > _LARGEST else _source(path, found.st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=64)
def _source(path: Path, _stamp: int) -> _Source:
    text = path.read_bytes().decode(errors="replace")
    lines = [0, *(at + 1 for at, character in enumerate(text) if character == "\n")]
    return _Source(text, _kinds(text, "elixir"), lines)
