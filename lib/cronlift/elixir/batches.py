"""Batches: a function that calls itself, or a stream that is repeated, until a statement finds few rows or none.

One turn is evaluated with the statement's row count as an interval between the numbers that the code compares it with,
so that each comparison has one outcome. Where every interval leads to one and the same statements, and then either to
the next turn or to the end, the turn's statements are the body of a loop; what the application commits one by one stays
so. Anything else is left to the ordinary evaluation, which says that the number of turns is not known.

Sources: elixir lib/elixir/lib/stream.ex (repeatedly/1, take_while/2); ecto lib/ecto/repo.ex (delete_all, update_all).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Literal

from cronlift.elixir.counts import ORIGIN, Between
from cronlift.elixir.immutable import immutable
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.elixir.trace import Batch, Flow, Raised, SqlEvent, State, merge
from cronlift.elixir.values import Clock, Function, Known, Unknown, Value, truth
from cronlift.sql.facts import StatementError, facts

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

# One turn's flows, each with whether another turn follows (None: not known).
Turn = Callable[[State, "Scope"], list[tuple[State, Value, bool | None]]]
_ROUNDS = 3


@dataclass(frozen=True)
class _Outcome:
    """What a turn does where the count lies in an interval."""

    low: int
    high: int | None
    again: bool
    events: tuple[SqlEvent, ...]
    flows: tuple[Flow, ...]


def turns(
    ev: Evaluator, turn: Turn, state: State, scope: Scope, span: Span, outside: tuple[Value, ...]
) -> list[Flow] | None:
    """The flows of all turns, until the last; None where what they do is not known. ``outside``: values that were
    there before the first turn, such as an instant computed once."""
    if state.failed or scope.loop or scope.transaction is not None or scope.batch:
        return None
    within = replace(scope, batch=True)
    counts, quiet = ev.counts, ev.quiet
    ev.quiet = {}  # a function's results hold for one interval only
    try:
        candidates: dict[tuple[str, int], None] = {}
        for s, _, _ in turn(state, within):
            for event in s.events[len(state.events) :]:
                if event.ok and _counted(event):
                    candidates[(event.span.file, event.span.start)] = None
        for candidate in candidates:
            outcomes, failed = _outcomes(ev, turn, state, within, candidate)
            found = _flows(state, outcomes, failed, candidate, outside) if outcomes else None
            if found is not None:
                return found
    finally:
        ev.counts, ev.quiet = counts, quiet
    return None


def _counted(event: SqlEvent) -> bool:
    try:
        return event.sql is not None and facts(event.sql).command in ("INSERT", "UPDATE", "DELETE", "MERGE")
    except StatementError:
        return False


def _outcomes(
    ev: Evaluator, turn: Turn, state: State, scope: Scope, candidate: tuple[str, int]
) -> tuple[list[_Outcome] | None, list[Flow]]:
    asked: list[int] = []
    ev.counts = {candidate: Between(ORIGIN, 0, None, asked)}
    turn(state, scope)
    cuts = sorted({0, *(n for a in asked for n in (a, a + 1) if n > 0)})
    outcomes: list[_Outcome] = []
    failed: list[Flow] = []
    if not asked or len(cuts) > 8:
        return None, []
    for low, after in zip(cuts, [*cuts[1:], None], strict=True):
        high = None if after is None else after - 1
        ev.counts = {candidate: Between(ORIGIN, low, high)}
        flows = turn(state, scope)
        good = [(s, v, again) for s, v, again in flows if not s.failed]
        failed += [(s, v) for s, v, _ in flows if s.failed]
        if not good or any(isinstance(v, Raised) for _, v, _ in good):
            return None, []
        again = {a for _, _, a in good}
        sent = {s.events[len(state.events) :] for s, _, _ in good}
        if len(again) != 1 or len(sent) != 1 or None in again:
            return None, []
        outcomes.append(_Outcome(low, high, bool(again.pop()), sent.pop(), tuple((s, v) for s, v, _ in good)))
    return outcomes, failed


def _flows(
    state: State,
    outcomes: list[_Outcome],
    failed: list[Flow],
    candidate: tuple[str, int],
    outside: tuple[Value, ...],
) -> list[Flow] | None:
    going, ending = [o for o in outcomes if o.again], [o for o in outcomes if not o.again]
    until = _until(outcomes)
    if until is None or len({o.events for o in going}) != 1 or len({o.events for o in ending}) != 1:
        return None
    body, last = going[0].events, ending[0].events
    if any(not e.ok or e.sql is None or e.undone or e.loop or e.batch or e.rewrite is not None for e in body):
        return None
    # A turn that ends leaves after the statements it sent, and between two transactions.
    cut = len(last)
    if body[:cut] != last or (0 < cut < len(body) and _together(body[cut - 1], body[cut])):
        return None
    at = [n for n, e in enumerate(body) if (e.span.file, e.span.start) == candidate]
    if len(at) != 1 or at[0] >= cut:
        return None
    reads = frozenset(c.read for value in outside for c in _clocks(value))
    marked = tuple(
        replace(e, batch=Batch(candidate[0], candidate[1], *until, n == at[0], n == cut - 1, reads))
        for n, e in enumerate(body)
    )
    done = [(replace(s, events=(*state.events, *marked)), v) for o in ending for s, v in o.flows]
    return merge([*done, *failed])


def _together(first: SqlEvent, second: SqlEvent) -> bool:
    return first.transaction is not None and first.transaction == second.transaction


def _until(outcomes: list[_Outcome]) -> tuple[Literal["fewer", "other"], int] | None:
    """When the loop ends: ``fewer`` rows than a number, or another number of them (``other``)."""
    first = next((n for n, o in enumerate(outcomes) if o.again), None)
    if not first:  # none goes on, or it goes on without any row: for ever
        return None
    rest = [o.again for o in outcomes[first:]]
    if all(rest):
        return "fewer", outcomes[first].low
    only = outcomes[first]
    if rest.count(True) == 1 and only.low == only.high:
        return "other", only.low
    return None


def _clocks(value: object) -> Iterator[Clock]:
    if isinstance(value, Clock):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _clocks(item)
    elif is_dataclass(value) and isinstance(value, Value):
        for part in fields(value):
            yield from _clocks(getattr(value, part.name))


def recursion(
    ev: Evaluator,
    body: Callable[[tuple[Value, ...], State, Scope], list[Flow]],
    key: tuple[str, str, int],
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    span: Span,
) -> list[Flow] | None:
    """A function that calls itself for the next turn; ``body`` evaluates it once with the arguments it is given.
    Arguments that change from turn to turn (a running total) are not known in any."""
    if scope.again is not None:
        return None
    given = args
    for _ in range(_ROUNDS):
        handed: list[tuple[Value, ...]] = []

        def turn(s: State, within: Scope, given: tuple[Value, ...] = given) -> list[tuple[State, Value, bool | None]]:
            out: list[tuple[State, Value, bool | None]] = []
            for after, value in body(given, s, replace(within, again=key)):
                marks = [n for n, e in enumerate(after.events) if e.again is not None]
                if not marks or after.failed:
                    out.append((after, value, False))
                    continue
                # What comes after the call would run once for each turn, after the last.
                follows = len(marks) == 1 and marks[0] == len(after.events) - 1
                handed.extend(e.again for e in after.events if e.again is not None)  # noqa: B023 - within this round
                sent = tuple(e for e in after.events if e.again is None)
                out.append((replace(after, events=sent), value, True if follows else None))
            return out

        found = turns(ev, turn, state, scope, span, given)
        changed = {n for again in handed for n, (a, b) in enumerate(zip(again, given, strict=True)) if a != b}
        if not changed:
            return found
        given = tuple(Unknown("a running value") if n in changed else v for n, v in enumerate(given))
    return None


@immutable
class Repeated(Unknown):
    """``Stream.repeatedly(function)``, as long as ``holds`` says so of an element."""

    function: Function
    holds: Function | None = None


# What asks a stream for all of its elements and calls nothing of the application's.
_CONSUMERS = {("Stream", "run"), ("Enum", "to_list"), ("Enum", "count"), ("Enum", "sum")}


def library_call(
    ev: Evaluator,
    module: str,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    node: Node,
    span: Span,
) -> list[Flow] | None:
    """A call of Enum or Stream that repeats a function; None where it is none that is followed."""
    match (module, name, args):
        case ("Stream", "repeatedly", (Function() as function,)):
            return [(state, Repeated(ORIGIN, function))]
        case ("Stream", "take_while", (Repeated(holds=None) as source, Function() as holds)):
            return [(state, replace(source, holds=holds))]
        case ("Enum", "take_while", (Repeated(holds=None, function=function), Function() as holds)):
            return _repeated(ev, function, holds, state, scope, node, span)
        case (_, _, (Repeated(function=function, holds=Function() as holds),)) if (module, name) in _CONSUMERS:
            return _repeated(ev, function, holds, state, scope, node, span)
        case _:
            return None


def _repeated(
    ev: Evaluator, function: Function, holds: Function, state: State, scope: Scope, node: Node, span: Span
) -> list[Flow] | None:
    """All elements of a repeated function's results, as long as ``holds`` says so."""

    def turn(s: State, within: Scope) -> list[tuple[State, Value, bool | None]]:
        out: list[tuple[State, Value, bool | None]] = []
        for after, value in ev.invoke(function, (), s, within, node):
            if isinstance(value, Raised) or after.failed:
                out.append((after, value, False))
                continue
            for last, kept in ev.invoke(holds, (value,), after, within, node):
                out.append((last, kept if isinstance(kept, Raised) else Unknown(ORIGIN), truth(kept)))
        return out

    outside = tuple(v for f in (function, holds) for _, v in f.env)
    return turns(ev, turn, state, scope, span, outside)


def pause(args: tuple[Value, ...], state: State, scope: Scope, span: Span) -> list[Flow] | None:
    """``Process.sleep/1`` and ``:timer.sleep/1`` between two turns: the same pause in the database, between two
    transactions. None anywhere else."""
    match args:
        case (Known(value=int(milliseconds)),) if scope.batch and scope.transaction is None and state.events:
            text = f"SELECT pg_catalog.pg_sleep({milliseconds / 1000:g})"
            event = SqlEvent(text, (), span, state.events[-1].repo, True, None, scope.loop, path=scope.path)
            return [(state if state.failed else state.send(event), Known(Atom("ok")))]
        case _:
            return None
