"""Loops over the rows of a query: the body is evaluated once, with a row that is not known but for where it comes from.

Where every path through the body sends one and the same statement, and one statement could do that for all rows, the
event stands for the whole loop from then on; the judge makes a proposal of it (proposals.py). Anything else stays a
statement in a loop.

Sources: elixir lib/elixir/lib/enum.ex and stream.ex; ecto lib/ecto/repo.ex (stream/2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cronlift.elixir.rows import ORIGIN, Lazy, Rows
from cronlift.elixir.syntax import Node, Span
from cronlift.elixir.trace import Flow, Raised, SqlEvent, State, merge, then
from cronlift.elixir.values import OK, Function, Unknown, Value, join

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

NOT_ONE = "loop-not-one-statement"
_RESULT = Unknown("a loop's result")
# What goes through all elements in order, once each, calling the function that is its last argument.
_EAGER = {"each": 2, "map": 2, "flat_map": 2, "reduce": 3}
_LAZY = ("each", "map")
# What asks a stream for all of its elements and calls nothing.
_CONSUMERS = {("Stream", "run"), ("Enum", "to_list"), ("Enum", "count"), ("Enum", "sum")}


def library_call(
    ev: Evaluator,
    module: str,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    place: Node,
    span: Span,
) -> list[Flow] | None:
    """A call of Enum or Stream on rows; None where it is none that is followed."""
    if module not in ("Enum", "Stream") or not args or not isinstance(args[0], Rows | Lazy):
        return None
    source = args[0]
    if name == "chunk_every" and len(args) >= 2 and isinstance(source, Rows) and not source.chunked:
        return [(state, replace(source, chunked=True))] if len(args) == 2 else None
    rows, steps = (source.rows, source.steps) if isinstance(source, Lazy) else (source, ())
    function = args[-1] if isinstance(args[-1], Function) else None
    if module == "Stream" and name in _LAZY and function is not None and len(args) == 2:
        return [(state, Lazy(ORIGIN, rows, (*steps, (name, function))))]
    if (module, name) in _CONSUMERS and len(args) == 1:
        if not steps:
            return None
        return over(ev, rows, lambda s, sc: _through(ev, steps, rows.element, s, sc, place), state, scope, span)
    if module != "Enum" or function is None or len(args) != _EAGER.get(name):
        return None
    final = function

    def body(s: State, within: Scope) -> list[Flow]:
        def last(s2: State, element: Value) -> list[Flow]:
            given = (element, _RESULT) if name == "reduce" else (element,)
            return ev.invoke(final, given, s2, within, place)

        return then(_through(ev, steps, rows.element, s, within, place), last)

    return over(ev, rows, body, state, scope, span, name)


def _through(
    ev: Evaluator, steps: tuple[tuple[str, Function], ...], element: Value, state: State, scope: Scope, place: Node
) -> list[Flow]:
    """An element on its way through a stream's functions."""
    flows: list[Flow] = [(state, element)]
    for kind, function in steps:

        def one(s: State, value: Value, kind: str = kind, function: Function = function) -> list[Flow]:
            done = ev.invoke(function, (value,), s, scope, place)
            return done if kind == "map" else then(done, lambda s2, _: [(s2, value)])

        flows = then(flows, one)
    return flows


def over(
    ev: Evaluator,
    rows: Rows,
    body: Callable[[State, Scope], list[Flow]],
    state: State,
    scope: Scope,
    span: Span,
    kind: str = "each",
) -> list[Flow]:
    """The flows of a loop over all of ``rows``; ``body`` runs one turn of it."""
    turns = merge(body(state, replace(scope, loop=True)))
    results = [v for _, v in turns if not isinstance(v, Raised)]
    result: Value = OK if kind == "each" else Unknown(ORIGIN)
    if kind == "map" and results and not rows.chunked:
        item = results[0]
        for other in results[1:]:
            item = join(item, other)
        result = Rows(ORIGIN, rows.read, item)
    if state.failed or all(s.events == state.events for s, _ in turns):
        return merge([(state, result), *((s, v if isinstance(v, Raised) else result) for s, v in turns)])
    found = _one_statement(state, turns, rows)
    if isinstance(found, str):
        ev.problem(NOT_ONE, found, span)
        return merge([(state, result), *((s, v if isinstance(v, Raised) else result) for s, v in turns)])
    whole = replace(found, whole=True, loop=scope.loop, transaction=scope.transaction)
    done = replace(state, events=(*state.events, whole))
    failed = [(s, v if isinstance(v, Raised) else result) for s, v in turns if s.failed]
    return merge([(done, result), *failed])


def _one_statement(state: State, turns: list[Flow], rows: Rows) -> SqlEvent | str:
    """The statement that each turn sends, if one could do all of it; else why not."""
    good = [(s, v) for s, v in turns if not s.failed]
    for s, v in turns:
        if s.failed and not isinstance(v, Raised):
            return "an error of a row is passed over, so that the loop goes on: one statement would stop at it"
    if any(isinstance(v, Raised) for _, v in good):
        return "the loop may be left in the middle"
    sent = {s.events[len(state.events) :] for s, _ in good}
    if any(not events for events in sent):
        return "the statement is sent for some rows only, as a condition in the application decides"
    if any(len(events) > 1 for events in sent):
        return "several statements are sent for each row: one after the other for all rows is another order"
    if len(sent) != 1:
        return "which statement is sent for a row is decided in the application"
    ((event,),) = sent
    if event.undone or event.rewrite is None:
        return "no single statement is known that does the same for all rows"
    if event.whole or event.rewrite.read != rows.read:
        return "the statement is about other rows than those the loop goes over"
    return event
