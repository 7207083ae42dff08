"""One statement in the place of a loop, as a proposal: what it takes, and in what it is not the same.

A proposal is never made silently: its job needs a review until a decision accepts it (stages/decisions.py), and the
effect proof runs the loop itself, row by row, beside the statement (proof/row_loops.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cronlift.elixir.loops import NOT_ONE
from cronlift.elixir.parameters import parameters
from cronlift.elixir.rows import RowField, Rows
from cronlift.elixir.trace import SqlEvent
from cronlift.model.verdict import Reason, RowLoop
from cronlift.sql.facts import StatementError, facts
from cronlift.sql.parameter_types import ColumnType
from cronlift.sql.rewrite import replace_parameters


def taken(events: Sequence[SqlEvent]) -> tuple[list[SqlEvent], list[Reason]]:
    """The statements of a job that sends just these in order: loops that one statement can stand for are marked
    ``whole``, what reads their rows is left out; with the reasons why somebody must look at that."""
    kept: list[SqlEvent] = []
    reasons: list[Reason] = []
    read: set[int] = set()
    for number, event in enumerate(events):
        if not event.whole or event.rewrite is None:
            kept.append(event)
            continue
        at = _read_at(events, number)
        if at is None:
            text = "data is changed between reading the rows and the loop over them: one statement would read them anew"
            reasons.append(_reason(NOT_ONE, text, event))
            kept.append(replace(event, whole=False, loop=True))
            continue
        read.add(id(events[at]))
        kept.append(event)
        reasons += _differences(event)
    locked = [e for e in kept if id(e) in read and e.transaction is not None and _locks(e)]
    return [e for e in kept if id(e) not in read or e in locked], reasons


def _read_at(events: Sequence[SqlEvent], loop: int) -> int | None:
    """Where the loop's rows are read; None where something is written in between."""
    rewrite = events[loop].rewrite
    assert rewrite is not None
    for number in range(loop - 1, -1, -1):
        event = events[number]
        if (event.span, event.sql, event.parameters) == (rewrite.read.span, rewrite.read.sql, rewrite.read.parameters):
            return number
        if event.sql is None or event.loop or _writes(event.sql):
            return None
    return None


def _writes(sql: str) -> bool:
    try:
        return facts(sql).writes
    except StatementError:
        return True


def _locks(event: SqlEvent) -> bool:
    """Whether the read takes locks that the transaction keeps."""
    return event.sql is not None and " FOR " in event.sql.upper()


def _differences(event: SqlEvent) -> list[Reason]:
    assert event.rewrite is not None
    place = f"{event.rewrite.read.span.file}:{event.rewrite.read.span.line}"
    listed = _listed(event)
    sends = "sends one statement with all their keys" if listed else "sends one statement for each of them"
    found = [
        _reason(
            "loop-as-one-statement",
            f"the application reads rows at {place} and {sends}; one statement is proposed instead, which a decision "
            "must accept (`rewrite: true`)",
            event,
        ),
        _reason(
            "loop-rows-between",
            "a row that others change between the two is written by the application all the same, and one that is gone "
            "may make it fail; the one statement looks at the rows as they are when it runs",
            event,
        ),
    ]
    if event.transaction is None and not listed:
        text = (
            "the application commits after each row: where one fails, the rows before it stay done; the one statement "
            "does all of them or none"
        )
        found.append(_reason("loop-commits-per-row", text, event))
    return found


def _listed(event: SqlEvent) -> bool:
    return any(isinstance(v, Rows) for v in event.parameters)


def proposed(event: SqlEvent) -> SqlEvent:
    """The event with the statement that is proposed in its place, where one is."""
    if not event.whole or event.rewrite is None:
        return event
    return replace(event, sql=event.rewrite.sql, parameters=event.rewrite.parameters)


def row_loop(event: SqlEvent, columns: ColumnType) -> RowLoop:
    """The loop behind a proposed statement, for the proof; ``columns``: the types of the application's columns."""
    assert event.rewrite is not None
    assert event.sql is not None
    read = event.rewrite.read
    rows = _text(replace(event, sql=read.sql, parameters=read.parameters, rewrite=None), columns, {})
    of_row = {}
    for position, value in enumerate(event.parameters, start=1):
        if isinstance(value, RowField):
            of_row[position] = f"r.{_quoted(value.column)}"
        elif isinstance(value, Rows) and isinstance(value.item, RowField):
            of_row[position] = f"ARRAY(SELECT r.{_quoted(value.item.column)} FROM ({rows}) AS r)"  # noqa: S608
    each = _text(event, columns, of_row)
    listed = _listed(event)
    commits = event.transaction is None and not listed
    return RowLoop(rows=rows, each=each, line=read.span.line, listed=listed, commits=commits)


def _text(event: SqlEvent, columns: ColumnType, more: dict[int, str]) -> str:
    assert event.sql is not None
    values, _ = parameters(event, facts(event.sql), columns)
    return replace_parameters(event.sql, {**{p.position: p.sql for p in values}, **more})


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _reason(code: str, text: str, event: SqlEvent) -> Reason:
    return Reason(code=code, text=text, file=event.span.file, line=event.span.line)
