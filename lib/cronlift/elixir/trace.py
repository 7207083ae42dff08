"""What an abstract run leaves behind: SQL in order, with the paths kept apart only where their SQL differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field, replace
from typing import Literal

from cronlift.elixir.immutable import immutable
from cronlift.elixir.rows import Rewrite
from cronlift.elixir.syntax import Span
from cronlift.elixir.values import Value, join

_MAX_FLOWS = 48


class TooComplex(Exception):
    """The budget of an abstract run is used up."""


@immutable
class Batch:
    """A statement's place in a turn that is repeated (``file`` and ``start`` name the loop).

    It ends when the statement that is ``counted`` finds ``fewer`` rows than ``rows``, or any ``other`` number of them,
    after the statement that ``leaves``. ``reads``: clocks that were read before the first turn.
    """

    file: str
    start: int
    until: Literal["fewer", "other"]
    rows: int
    counted: bool
    leaves: bool
    reads: frozenset[str]


@immutable
class Origin:
    """Where a part of a statement stands in the source (see Piece in model/verdict.py)."""

    part: str
    span: Span


@immutable
class SqlEvent:
    """A statement sent (``ok``) or failed; ``sql`` None where its text is not known.

    ``undone`` marks the place where a transaction's statements were rolled back. ``loop``: it is sent in a loop.
    ``rewrite``: one statement that does the same for all rows the loop goes over; ``whole``: the event stands for all
    of that loop. ``batch``: it is sent turn by turn until few rows are found; ``again`` is no statement: the call of
    the next turn with these arguments. ``conditions``, ``path`` and ``origins`` are for people; they do not
    tell events apart.
    """

    sql: str | None
    parameters: tuple[Value, ...]
    span: Span
    repo: str
    ok: bool = True
    transaction: int | None = None
    loop: bool = False
    undone: bool = False
    rewrite: Rewrite | None = None
    whole: bool = False
    batch: Batch | None = None
    again: tuple[Value, ...] | None = None
    conditions: tuple[Span, ...] = field(default=(), compare=False)
    path: tuple[str, ...] = field(default=(), compare=False)
    origins: tuple[Origin, ...] = field(default=(), compare=False)


@immutable
class Raised(Value):
    """The run left by an exception, throw or exit; ``value`` is what ``Repo.rollback`` was given."""

    kind: str
    value: Value | None = None


@immutable
class State:
    """Variables (by name) and the statements so far; ``transactions`` counts the transactions begun.

    Once a statement has failed only that one is kept: what counts then is whether any further one is sent.
    ``lossy`` says that other paths were given up beside this one, ``odd`` that data had a shape on this one that the
    code does not expect.
    """

    env: dict[str, Value] = field(default_factory=dict)
    events: tuple[SqlEvent, ...] = ()
    transactions: int = 0
    lossy: bool = False
    odd: bool = False

    @property
    def failed(self) -> bool:
        return any(not e.ok for e in self.events)

    def bind(self, values: dict[str, Value]) -> State:
        return self.with_env({**self.env, **values}) if values else self

    def with_env(self, env: dict[str, Value]) -> State:
        # Written out: dataclasses.replace is several times slower, and this runs for every expression.
        return State(env, self.events, self.transactions, self.lossy, self.odd)

    def send(self, event: SqlEvent) -> State:
        return replace(self, events=(*self.events, event) if event.ok else (event,))


Flow = tuple[State, Value]


def raised(state: State, kind: str) -> Flow:
    """Leave by an exception; one that no code asked for marks the path as odd."""
    unexpected = ("MatchError", "CaseClauseError", "FunctionClauseError", "WithClauseError", "TryClauseError",
                  "CondClauseError", "ArgumentError", "ArithmeticError", "no clause")  # fmt: skip
    return replace(state, odd=state.odd or kind in unexpected), Raised(kind)


def then(flows: Iterable[Flow], step: Callable[[State, Value], list[Flow]]) -> list[Flow]:
    """Go on with ``step`` in every flow that has not left by an exception."""
    out: list[Flow] = []
    for state, value in flows:
        out.extend([(state, value)] if isinstance(value, Raised) else step(state, value))
    return merge(out)


def scoped(flows: Iterable[Flow], env: dict[str, Value]) -> list[Flow]:
    """Leave a lexical scope: what was bound inside is gone."""
    return merge([(state.with_env(env), value) for state, value in flows])


def merge(flows: list[Flow]) -> list[Flow]:
    """Join flows that have sent the same statements; where too many stay apart, go on with a few (``lossy``)."""
    if len(flows) < 2:
        return flows
    groups: dict[object, Flow] = {}
    for state, value in flows:
        left = value if isinstance(value, Raised) else None
        key = (state.events, state.transactions, state.odd, left)
        if key not in groups:
            groups[key] = (state, value)
            continue
        first, other = groups[key]
        joined = value if left else join(other, value)
        env = _join_env(first.env, state.env)
        lossy = first.lossy or state.lossy
        groups[key] = (State(env, first.events, first.transactions, lossy, first.odd), joined)
    kept = list(groups.values())
    if len(kept) > _MAX_FLOWS:
        kept = [(replace(state, lossy=True), value) for state, value in kept[: _MAX_FLOWS // 4]]
    return kept


def _join_env(a: dict[str, Value], b: dict[str, Value]) -> dict[str, Value]:
    if a is b or a == b:
        return a
    return {name: join(value, b[name]) for name, value in a.items() if name in b}
