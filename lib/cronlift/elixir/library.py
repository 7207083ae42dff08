"""Calls of libraries: what the catalogue says of them, with the functions they are given evaluated too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cronlift.elixir import application_env, batches, builtins, calendar, loops
from cronlift.elixir import syntax as ast
from cronlift.elixir.rows import Lazy
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.elixir.trace import Flow, State, merge, raised, then
from cronlift.elixir.values import (
    NIL,
    Function,
    Known,
    ListValue,
    MapValue,
    OneOf,
    TupleValue,
    Unknown,
    Value,
    alternatives,
    origin,
)

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

_PARTIAL = {("Kernel", n) for n in ("hd", "tl", "elem", "div", "rem", "binary_part", "struct!")} | {
    ("String", "to_integer"), ("String", "to_float"), ("String", "to_existing_atom"), ("Enum", "max"), ("Enum", "min"),
    ("Enum", "random"), ("List", "to_integer"),
}  # fmt: skip
_UNROLLED = 40
_UNROLL = {"each": False, "map": True}
# elixir lib/logger.ex, :logger's manual page: these answer :ok, whatever they are given.
LOG_LEVELS = {"debug", "info", "notice", "warning", "warn", "error", "critical", "alert", "emergency", "log"}


def call(
    ev: Evaluator,
    node: Node | None,
    module_name: str,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    span: Span,
) -> list[Flow]:
    """A call of a library: what the catalogue says, with the functions it is given evaluated too."""
    what = f"{module_name}.{name}/{len(args)}"
    entry = ev.catalogue.lookup(module_name, name, len(args))
    if module_name in ("Enum", "Stream") and (entry is None or entry.kind == "pure"):
        over_rows = _on_rows(ev, module_name, name, args, state, scope, node, span)
        if over_rows is not None:
            return over_rows
    if entry is None:
        why = "it is neither in the application nor in the catalogue of known effects"
        return [(state, ev.unknown_call(what, why, span, scope))]
    if entry.kind == "unknown":
        return [(state, ev.unknown_call(what, "what it does is not known", span, scope))]
    if entry.kind == "sql":
        ev.problem("not-translated", f"{what} sends SQL that is not written in the source", span)
    if entry.kind != "pure":
        ev.effect(entry.kind, what, span, scope)
    functions = [f for a in args for f in functions_in(a)]
    # Elixir's functions take what they work on first; Erlang's take the function first.
    working = args if module_name.startswith(":") else args[1:]
    given = any(isinstance(a, Function) for a in args)
    if entry.callback and not given and any(_may_be_function(a) for a in working):
        return [(state, ev.unknown_call(what, "which function it calls is known only at run time", span, scope))]
    if functions:
        return _higher_order(ev, node, module_name, name, args, functions, state, scope, span)
    if application_env.is_read(module_name, name, len(args)):
        return application_env.read(ev, name, args, state, span)
    if entry.kind in ("pure", "clock"):
        result = calendar.evaluate(module_name, name, args, f"{span.file}:{span.line}")
        if result is not None:
            return [(state, result)]
    if entry.kind == "pure":
        result = builtins.evaluate(module_name, name, args)
        if result is not None:
            return [(state, result)]
        unknown: Flow = (state, Unknown(origin(args)))
        return [unknown, raised(state, "ArgumentError")] if _is_partial(module_name, name) else [unknown]
    made = builtins.fresh(module_name, name, f"{span.file}:{span.line}:{span.start}")
    if made is not None:
        return [(state, made)]
    origins = {"config_read": "configuration", "clock": "the clock", "random": "a random value"}
    if (module_name, name) in (("IO", "inspect"),) and args:
        return [(state, args[0])]
    if entry.kind == "log" and module_name in ("Logger", ":logger") and name in LOG_LEVELS:
        return [(state, Known(Atom("ok")))]
    return [(state, Unknown(origins.get(entry.kind, f"the result of {what}")))]


def _on_rows(
    ev: Evaluator,
    module_name: str,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    node: Node | None,
    span: Span,
) -> list[Flow] | None:
    """Enum and Stream on rows of a query and on what is repeated; None for anything else.

    A stream does nothing until it is asked for its elements, so that it is only harmless once that was followed.
    """
    place = node or ast.Block(span, ())
    found = loops.library_call(ev, module_name, name, args, state, scope, place, span)
    if found is None:
        found = batches.library_call(ev, module_name, name, args, state, scope, place, span)
    if found is None:
        if not any(map(holds_a_stream, args)):
            return None
        what, why = f"{module_name}.{name}/{len(args)}", "what it asks of a stream is not followed"
        return [(state, ev.unknown_call(what, why, span, scope))]
    return found


def holds_a_stream(value: Value) -> bool:
    """Whether a value is, or holds, a stream whose elements have effects when they are asked for."""
    if isinstance(value, TupleValue | ListValue):
        return any(map(holds_a_stream, value.items))
    return isinstance(value, Lazy | batches.Repeated)


def _is_partial(module_name: str, name: str) -> bool:
    """Whether a pure function raises on some of what it may be given."""
    return name.endswith("!") or (module_name, name) in _PARTIAL


def functions_in(value: Value) -> Iterator[Function]:
    """The functions a value is or holds."""
    match value:
        case Function():
            yield value
        case OneOf(alternatives=inner) | TupleValue(items=inner) | ListValue(items=inner):
            for item in inner:
                yield from functions_in(item)
        case MapValue(pairs=pairs):
            for _, item in pairs:
                yield from functions_in(item)


def _may_be_function(value: Value) -> bool:
    """Whether a value could stand where a function is asked for: unknown, or nil, with which the call fails."""
    return any(isinstance(v, Unknown) or v == NIL for v in alternatives(value))


def _higher_order(
    ev: Evaluator,
    node: Node | None,
    module_name: str,
    name: str,
    args: tuple[Value, ...],
    functions: list[Function],
    state: State,
    scope: Scope,
    span: Span,
) -> list[Flow]:
    """Functions given to a library: unrolled over a known list, else evaluated as a loop's body."""
    place = node or ast.Block(span, ())
    items = args[0] if args else None
    unrollable = isinstance(items, ListValue) and len(items.items) <= _UNROLLED and functions == list(args[1:])
    if module_name == "Enum" and name in _UNROLL and unrollable:
        assert isinstance(items, ListValue)
        collected = _each(ev, functions[0], items.items, state, scope, place)
        if _UNROLL[name]:
            return collected
        return then(collected, lambda s, _: [(s, Known(Atom("ok")))])
    match module_name, name, args:
        case "Enum", "reduce", (ListValue(items=known), start, Function() as fold) if functions == [fold]:
            if len(known) <= _UNROLLED:
                return _fold(ev, fold, known, start, state, scope, place)
    result = Unknown(origin(args))
    flows: list[Flow] = [(state, result)]
    for function in functions:
        flows = then(flows, lambda s, _, f=function: looped(ev, f, s, scope, place, result))  # type: ignore[misc]
    return flows


def _each(
    ev: Evaluator, function: Function, items: tuple[Value, ...], state: State, scope: Scope, node: Node
) -> list[Flow]:
    """The function on each item in turn; the value is the list of results."""

    def one(s: State, done: Value, item: Value) -> list[Flow]:
        def append(s2: State, v: Value) -> list[Flow]:
            return [(s2, ListValue((*done.items, v)) if isinstance(done, ListValue) else Unknown("a list"))]

        return then(ev.invoke(function, (item,), s, scope, node), append)

    flows: list[Flow] = [(state, ListValue(()))]
    for item in items:
        flows = then(flows, partial(one, item=item))
    return flows


def _fold(
    ev: Evaluator, function: Function, items: tuple[Value, ...], start: Value, state: State, scope: Scope, node: Node
) -> list[Flow]:
    """``Enum.reduce/3`` over a known list: the function on each item and what came of the ones before."""
    flows: list[Flow] = [(state, start)]
    for item in items:
        flows = then(flows, lambda s, done, x=item: ev.invoke(function, (x, done), s, scope, node))  # type: ignore[misc]
    return flows


def looped(ev: Evaluator, function: Function, state: State, scope: Scope, node: Node, result: Value) -> list[Flow]:
    """A function that runs any number of times: no run, and one run as a loop's body."""
    arity = function.arity if function.arity >= 0 else _arity(function)
    within = replace(scope, loop=True)
    args = (Unknown("a loop's element"),) * arity
    once = then(ev.invoke(function, args, state, within, node), lambda s, _: [(s, result)])
    return merge([(state, result), *once])


def _arity(function: Function) -> int:
    if function.clauses:
        return len(function.clauses[0].patterns)
    return max(_captured(function.capture), default=0) if function.capture else 0


def _captured(node: Node) -> list[int]:
    return [n.index for n in ast.walk(node) if isinstance(n, ast.CaptureArgument)]
