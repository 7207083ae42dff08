"""The language's own forms that look like calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from cronlift.elixir import branches, calls, library, loops, patterns
from cronlift.elixir import syntax as ast
from cronlift.elixir.module_reader import alias_pairs
from cronlift.elixir.patterns import Match
from cronlift.elixir.rows import Rows
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.trace import Flow, Raised, State, merge, scoped, then
from cronlift.elixir.values import (
    NIL,
    Function,
    Known,
    ListValue,
    ModuleName,
    Unknown,
    Value,
    truth,
)

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

Form = Callable[["Evaluator", ast.Call, State, "Scope"], list[Flow]]
_UNROLLED = 40


def _raise(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """``raise Module, args`` builds the exception first, with the application's own function where it has one."""

    def leave(s: State, values: tuple[Value, ...]) -> list[Flow]:
        own = ev.project.module(values[0].name) if values and isinstance(values[0], ModuleName) else None
        if own and own.function("exception", 1):
            args = values[1:2] or (ListValue(()),)
            return then(calls.remote(ev, node, own.name, "exception", args, s, scope), lambda s2, _: [(s2, kind)])
        return [(s, kind)]

    kind = Raised(node.name)
    return ev.arguments(node.args, state, scope, leave)


def _alias(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    local = {k[6:]: v.name for k, v in state.env.items() if k.startswith("alias ") and isinstance(v, ModuleName)}
    pairs = alias_pairs(node, scope.module, local)
    return [(state.bind({f"alias {short}": ModuleName(full) for short, full in pairs}), NIL)]


def _import(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    if len(node.args) == 1 and isinstance(node.args[0], ast.Alias):
        name = ev.expand(node.args[0], state, scope)
        return [(state.bind({f"import {name}": ModuleName(name)}), NIL)]
    ev.problem("not-understood", "an import of some names inside a function is not followed", node.span)
    return [(state, NIL)]


def _require(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    return _alias(ev, node, state, scope) if len(node.args) > 1 else [(state, NIL)]


def _try(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    return branches.try_form(ev, node.sections, state, scope, node.span)


def _receive(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    ev.effect("process_state", "receive", node.span, scope)
    return [(state, Unknown("a message"))]


def _not_followed(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    return [(state, ev.unknown_call(node.name, "code made at compile time is not followed", node.span, scope))]


def _match(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """``match?(pattern, value)``: the first argument is a pattern, not an expression."""
    pattern, guard = branches.guarded(node.args[0])

    def test(s: State, value: Value) -> list[Flow]:
        verdict, bindings = ev.matcher(s, scope).match(pattern, value, {})
        if guard is not None and verdict is not Match.NO:
            verdict = min(verdict, branches.guard(ev, guard, s.bind(bindings), scope))
        return [(s, Unknown("a match") if verdict is Match.MAYBE else Known(verdict is Match.YES))]

    return then(ev.eval(node.args[1], state, scope), test)


def _apply(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    def go(s: State, values: tuple[Value, ...]) -> list[Flow]:
        match values:
            case (Function() as function, ListValue(items=items)):
                return ev.invoke(function, items, s, scope, node)
            case (ModuleName(name=module), Known(value=Atom(name=name)), ListValue(items=items)):
                return calls.remote(ev, node, module, name, items, s, scope)
            case _:
                return [(s, ev.unknown_call("apply", "what is called is known only at run time", node.span, scope))]

    return ev.arguments(node.args, state, scope, go)


def _for(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """A comprehension: unrolled where it is one generator over a known list, else its body as a loop's."""
    body = node.sections.get("do")
    clauses = [a for a in node.args if not isinstance(a, ast.List)]
    options = [a for a in node.args if isinstance(a, ast.List)]
    into = ast.keyword(options[0], "into") if options else None
    if into is not None and not (isinstance(into, ast.List | ast.Map | ast.Text) and not list(ast.walk(into))[1:]):
        ev.problem("not-understood", "what the comprehension collects into is not a literal", into.span)
        return ev.eval(into, state, scope)
    if isinstance(body, ast.Block) and options and ast.keyword(options[0], "reduce") is None:
        # What is collected is not the list of results: a map has its own order, `uniq: true` drops some.
        flows = scoped(_generate(ev, clauses, body, state, scope), state.env)
        return then(flows, lambda s, _: [(s, Unknown("a comprehension"))])
    if isinstance(body, ast.Block) and not [o for o in options if ast.keyword(o, "reduce") is not None]:
        return scoped(_generate(ev, clauses, body, state, scope), state.env)
    ev.problem("not-understood", "a reducing comprehension is not followed", node.span)
    return [(state, Unknown("a comprehension"))]


def _generate(ev: Evaluator, clauses: list[Node], body: ast.Block, state: State, scope: Scope) -> list[Flow]:
    if not clauses:
        return then(ev.eval(body, state, scope), lambda s, v: [(s, ListValue((v,)))])
    first, rest = clauses[0], clauses[1:]
    nothing = ListValue(())
    if not (isinstance(first, ast.Binary) and first.op == "<-"):

        def keep(s: State, value: Value) -> list[Flow]:
            within = replace(scope, conditions=(*scope.conditions, first.span))
            known = truth(value)
            if known is False:
                return [(s, nothing)]
            flows = _generate(ev, rest, body, s, scope if known else within)
            return flows if known else merge([(s, nothing), *flows])

        return then(ev.eval(first, state, scope), keep)
    pattern, guard = branches.guarded(first.left)

    def over(s: State, source: Value) -> list[Flow]:
        if isinstance(source, ListValue) and len(source.items) <= _UNROLLED and guard is None:
            return _unrolled(ev, pattern, source.items, rest, body, s, scope)
        if library.holds_a_stream(source):
            ev.unknown_call("for", "what a comprehension asks of a stream is not followed", first.span, scope)
        if isinstance(source, Rows) and guard is None:
            verdict, bindings = ev.matcher(s, scope).match(pattern, source.element, {})
            if verdict is Match.YES:

                def turn(s2: State, within: Scope) -> list[Flow]:
                    return scoped(_generate(ev, rest, body, s2.bind(bindings), within), s.env)

                return loops.over(ev, source, turn, s, scope, first.span, "for")
        bound: dict[str, Value] = {name: Unknown("a loop's element") for name in patterns.variables(pattern)}
        within = replace(scope, loop=True)
        once = then(_generate(ev, rest, body, s.bind(bound), within), lambda s2, _: [(s2, Unknown("a list"))])
        return merge([(s, Unknown("a list")), *once])

    return then(ev.eval(first.right, state, scope), over)


def _unrolled(
    ev: Evaluator,
    pattern: Node,
    items: tuple[Value, ...],
    rest: list[Node],
    body: ast.Block,
    state: State,
    scope: Scope,
) -> list[Flow]:
    flows: list[Flow] = [(state, ListValue(()))]
    for item in items:

        def one(s: State, done: Value, item: Value = item) -> list[Flow]:
            verdict, bindings = ev.matcher(s, scope).match(pattern, item, {})
            skipped: list[Flow] = [(s, done)] if verdict is not Match.YES else []
            if verdict is Match.NO:
                return skipped
            made = scoped(_generate(ev, rest, body, s.bind(bindings), scope), s.env)
            return merge([*skipped, *then(made, lambda s2, v: [(s2, _append(done, v))])])

        flows = then(flows, one)
    return flows


def _append(done: Value, more: Value) -> Value:
    if isinstance(done, ListValue) and isinstance(more, ListValue):
        return ListValue(done.items + more.items)
    return Unknown("a list")


FORMS: dict[str, Form] = {
    "if": lambda ev, n, s, sc: branches.if_form(ev, n, s, sc, negated=False),
    "unless": lambda ev, n, s, sc: branches.if_form(ev, n, s, sc, negated=True),
    "case": branches.case_form,
    "cond": branches.cond_form,
    "with": branches.with_form,
    "try": _try,
    "for": _for,
    "raise": _raise,
    "reraise": _raise,
    "throw": _raise,
    "exit": _raise,
    "alias": _alias,
    "import": _import,
    "require": _require,
    "receive": _receive,
    "apply": _apply,
    "match?": _match,
    "quote": _not_followed,
    "unquote": _not_followed,
    "use": _not_followed,
    "super": _not_followed,
}

# How many arguments a form needs to be one.
MINIMUM = {"if": 1, "unless": 1, "case": 1, "match?": 2, "apply": 2}
