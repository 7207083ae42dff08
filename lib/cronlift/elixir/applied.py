"""Calls of the application's own functions: clauses, default arguments, recursion, and results that hold twice."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cronlift.elixir import batches, branches, library
from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Function as Definition
from cronlift.elixir.modules import FunctionClause, Module
from cronlift.elixir.syntax import Span
from cronlift.elixir.trace import Flow, SqlEvent, State, merge, scoped
from cronlift.elixir.values import Unknown, Value

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope


def apply(
    ev: Evaluator,
    module: Module,
    function: Definition,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    span: Span,
) -> list[Flow]:
    if scope.again == (module.name, function.name, function.arity) and len(args) == function.arity:
        mark = SqlEvent(None, (), span, "", again=args)
        if state.failed:  # the next turn, and its statements, although one failed
            ev.findings.after_failure.setdefault(span, mark)
        return [(state if state.failed else state.send(mark), Unknown("the next turn's result"))]
    trust(ev, module)
    key = _quiet_key(module, function, args, scope)
    known = _known_quiet(ev, key, state)
    if known is not None:
        return [(replace(state, odd=state.odd or odd), value) for odd, value in known]
    inner = ev.enter(scope, module, function, args, state, span)
    if inner is None:
        what = f"{module.name}.{function.name}/{function.arity}"
        ev.problem("recursion", f"{what} calls itself; how often is not known", span)
        return [(state, Unknown(f"the result of {what}"))]
    start = state.with_env({})
    name = (module.name, function.name, function.arity)
    repeats = _calls_itself(function)

    def once(values: tuple[Value, ...], s: State, within: Scope) -> list[Flow]:
        options = [
            branches.Option(c.params, c.guard, c.span, partial(_body, ev, c)) for c in function.clauses if c.sections
        ]
        return merge(
            [
                flow
                for chosen in branches.split(values)
                for flow in branches.select(ev, options, chosen, s.with_env({}), within, "FunctionClauseError")
            ]
        )

    def run(s: State, values: tuple[Value, ...]) -> list[Flow]:
        found = batches.recursion(ev, once, name, values, s, inner, span) if repeats else None
        return once(values, s, inner) if found is None else found

    outer, ev.cut_at = ev.cut_at, sys.maxsize
    flows = scoped(_with_defaults(ev, function, args, start, inner, run), state.env)
    whole = ev.cut_at >= len(scope.stack)  # what was not followed does not hang on who calls
    ev.cut_at = outer if whole else min(outer, ev.cut_at)
    if key is not None and whole:
        same = (state.events, state.transactions, state.lossy)
        if all((s.events, s.transactions, s.lossy) == same for s, _ in flows):
            ev.quiet[key, state.odd, state.failed] = [(s.odd, value) for s, value in flows]
    return flows


def _calls_itself(function: Definition) -> bool:
    """Whether a function's text calls one of its name."""
    texts = [c.sections for c in function.clauses]
    return any(isinstance(n, ast.Call) and n.target is None and n.name == function.name for n in ast.walk(texts))


def _known_quiet(ev: Evaluator, key: object | None, state: State) -> list[tuple[bool, Value]] | None:
    """The results of a call that sent nothing. After a failed statement nothing is sent (trace.py), so what was quiet
    there need not be so before one, while what was quiet before one is so after it."""
    if key is None:
        return None
    known = ev.quiet.get((key, False, False))
    if known is None and (state.odd or state.failed):
        known = ev.quiet.get((key, False, state.failed)) or ev.quiet.get((key, state.odd, state.failed))
    return known


def _quiet_key(module: Module, function: Definition, args: tuple[Value, ...], scope: Scope) -> object | None:
    """What tells two calls of a function apart, where it sends no SQL: then its results hold for both. None for calls
    with functions among their arguments, which would be compared by their source."""
    if any(True for a in args for _ in library.functions_in(a)):
        return None
    return (module.name, module.file, function.name, function.arity, args, scope.transaction is None, scope.loop)


def _with_defaults(
    ev: Evaluator,
    function: Definition,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    run: Callable[[State, tuple[Value, ...]], list[Flow]],
) -> list[Flow]:
    """Fill in default arguments: the leftmost optional parameters take what is given (elixir lib/kernel.ex, def)."""
    missing = function.arity - len(args)
    if missing <= 0:
        return run(state, args)
    given_optional = len(function.defaults) - missing
    filled = [i for n, i in enumerate(sorted(function.defaults)) if n >= given_optional]
    nodes = [function.defaults[i] for i in filled]

    def complete(s: State, values: tuple[Value, ...]) -> list[Flow]:
        rest, defaults = iter(args), dict(zip(filled, values, strict=True))
        return run(s, tuple(defaults[i] if i in defaults else next(rest) for i in range(function.arity)))

    return ev.arguments(nodes, state, scope, complete)


def _body(ev: Evaluator, clause: FunctionClause, state: State, scope: Scope) -> list[Flow]:
    ev.findings.visited[(clause.span.file, clause.span.start, clause.span.end)] = clause
    assert clause.sections is not None
    return branches.try_form(ev, clause.sections, state, scope, clause.span)


def trust(ev: Evaluator, module: Module) -> None:
    """Say where something may change what a module's functions do: hooks, and ``use`` of what is not known."""
    ev.findings.modules[module.name] = module
    for form, name in module.unread:
        if name == "defenum" and any(i.module == "EctoEnum" for i in module.imports):
            continue  # declares a type beside the module (ecto_enum lib/ecto_enum.ex)
        text = f"{module.name} has a part that is not understood ({name}): it may define or change functions"
        ev.problem("module-not-understood", text, form.span)
    for line in module.imports:
        if line.module == "Kernel":
            text = "parts of Kernel are left out: what stands for them is not followed"
            ev.problem("kernel-import", text, line.span)
    for span in module.hooks:
        ev.problem("compile-hook", f"{module.name} is changed while it compiles, which is not followed", span)
    for use in module.uses:
        if module.followed.get(use.span):
            owner = ev.project.module(use.module)
            if owner:
                ev.findings.modules[owner.name] = owner
            continue
        if use.module != "Ecto.Repo" and not ev.catalogue.is_harmless_use(use.module):
            text = f"`use {use.module}` may change what the functions of {module.name} do"
            ev.problem("unknown-use", text, use.span)
