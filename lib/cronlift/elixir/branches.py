"""The forms that choose: matching, case, if, cond, with, try, and a function's clauses.

Where a choice is known only one side is followed, otherwise each side that is possible, with the choice noted
as a condition of the statements below it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cronlift.elixir import patterns
from cronlift.elixir import syntax as ast
from cronlift.elixir.immutable import immutable
from cronlift.elixir.patterns import Match
from cronlift.elixir.syntax import Node, Span
from cronlift.elixir.trace import Flow, Raised, State, merge, raised, scoped, then
from cronlift.elixir.values import NIL, OneOf, Unknown, Value, truth

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

Sections = dict[str, "ast.Block | tuple[ast.Clause, ...]"]


def bind(ev: Evaluator, pattern: Node, value: Value, state: State, scope: Scope, span: Span) -> list[Flow]:
    """``pattern = value``: goes on with the variables bound, and raises MatchError where it may not match."""
    flows: list[Flow] = []
    for one in value.alternatives if isinstance(value, OneOf) else (value,):
        verdict, bindings = ev.matcher(state, scope).match(pattern, one, {})
        if verdict is not Match.NO:
            flows.append((state.bind(bindings), one))
        if verdict is not Match.YES:
            # One known outcome that is ruled out, or `true = …`: the code asks for it.
            asked = verdict is Match.NO or (isinstance(pattern, ast.Literal) and isinstance(pattern.value, bool))
            flows.append(raised(state, "assertion" if asked else unmatched((pattern,), "MatchError")))
    return merge(flows)


def unmatched(tried: Sequence[Node], name: str) -> str:
    """The exception's kind when nothing matched: an ``assertion`` where a pattern or a guard asks for a value of its
    own or compares, which is a decision of the code; otherwise data of a shape nobody expects."""
    for node in (n for pattern in tried for n in ast.walk(pattern)):
        match node:
            case ast.Binary(op="<" | ">" | "<=" | ">=" | "==" | "!=" | "===" | "!==" | "in" | "not in"):
                return "assertion"
            case ast.Literal(value=int() | float()) | ast.Text() | ast.Unary(op="^"):
                if not (isinstance(node, ast.Literal) and isinstance(node.value, bool)):
                    return "assertion"
    return name


@immutable
class Option:
    """One clause of a case, an anonymous function or a named one: what it asks for, and what it runs."""

    patterns: tuple[Node, ...]
    guard: Node | None
    place: Span
    run: Callable[[State, Scope], list[Flow]]


def clauses(
    ev: Evaluator,
    options: Sequence[ast.Clause],
    values: tuple[Value, ...],
    state: State,
    scope: Scope,
    span: Span,
    otherwise: str,
) -> list[Flow]:
    """Take the first clause whose patterns and guard fit; ``otherwise`` names the exception when none does."""
    found = [Option(c.patterns, c.guard, span, partial(_eval, ev, c.body)) for c in options]
    return merge([flow for chosen in split(values) for flow in select(ev, found, chosen, state, scope, otherwise)])


def _eval(ev: Evaluator, body: ast.Block, state: State, scope: Scope) -> list[Flow]:
    return ev.eval(body, state, scope)


def split(values: tuple[Value, ...]) -> list[tuple[Value, ...]]:
    """Values with one of several alternatives, taken apart while that stays small."""
    combinations: list[tuple[Value, ...]] = [()]
    for value in values:
        options = value.alternatives if isinstance(value, OneOf) else (value,)
        if len(combinations) * len(options) > 12:
            options = (value,)
        combinations = [(*c, o) for c in combinations for o in options]
    return combinations


def select(
    ev: Evaluator,
    options: Sequence[Option],
    values: tuple[Value, ...],
    state: State,
    scope: Scope,
    otherwise: str,
) -> list[Flow]:
    """Run the first option that fits; where that is not known, each that may, the later ones under the doubt of those
    above them as well as their own."""
    out: list[Flow] = []
    doubtful = False
    for option in options:
        if len(option.patterns) != len(values):
            continue
        verdict, bindings = ev.matcher(state, scope).all(option.patterns, values)
        if verdict is Match.NO:
            continue
        inner = state.bind(bindings)
        if option.guard is not None:
            verdict = min(verdict, guard(ev, option.guard, inner, scope))
            if verdict is Match.NO:
                continue
        doubtful = doubtful or verdict is Match.MAYBE
        within = replace(scope, conditions=(*scope.conditions, option.place)) if doubtful else scope
        out.extend(scoped(option.run(inner, within), state.env))
        if verdict is Match.YES:
            return out
    asked = [p for o in options for p in (*o.patterns, *([o.guard] if o.guard is not None else []))]
    return [*out, raised(state, unmatched(asked, otherwise))]


def guard(ev: Evaluator, node: Node, state: State, scope: Scope) -> Match:
    """What a guard says; an exception in a guard is false (elixir lib/kernel.ex, guards)."""
    verdicts = {
        Match.NO if isinstance(v, Raised) else {True: Match.YES, False: Match.NO, None: Match.MAYBE}[truth(v)]
        for _, v in ev.eval(node, state, scope)
    }
    return verdicts.pop() if len(verdicts) == 1 else Match.MAYBE


def choose(
    ev: Evaluator, condition: Value, yes: ast.Block | None, no: ast.Block | None, state: State, scope: Scope, span: Span
) -> list[Flow]:
    """Both sides of a condition, or the one that is known to be taken."""
    known = truth(condition)
    out: list[Flow] = []
    for side, block in ((True, yes), (False, no)):
        if known is (not side):
            continue
        within = scope if known is not None else replace(scope, conditions=(*scope.conditions, span))
        out.extend(scoped(ev.eval(block, state, within), state.env) if block else [(state, NIL)])
    return merge(out)


def if_form(ev: Evaluator, node: ast.Call, state: State, scope: Scope, *, negated: bool) -> list[Flow]:
    """``if`` and ``unless``."""
    yes, no = _block(node.sections.get("do")), _block(node.sections.get("else"))
    if negated:
        yes, no = no, yes
    return then(
        ev.eval(node.args[0], state, scope), lambda s, v: scoped(choose(ev, v, yes, no, s, scope, node.span), s.env)
    )


def short_circuit(ev: Evaluator, node: ast.Binary, state: State, scope: Scope) -> list[Flow]:
    """``&&``, ``||``, ``and``, ``or``: the right side runs only where the left one does not decide."""
    stops_on = node.op in ("||", "or")

    def right(s: State, left: Value) -> list[Flow]:
        known = truth(left)
        if known is not None:
            return [(s, left)] if known is stops_on else scoped(ev.eval(node.right, s, scope), s.env)
        within = replace(scope, conditions=(*scope.conditions, node.span))
        return merge([(s, left), *scoped(ev.eval(node.right, s, within), s.env)])

    return then(ev.eval(node.left, state, scope), right)


def case_form(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """``case value do …``."""
    options = node.sections.get("do")
    if not isinstance(options, tuple):
        ev.problem("not-understood", "a case without clauses", node.span)
        return [(state, Unknown("a case"))]
    return then(
        ev.eval(node.args[0], state, scope),
        lambda s, v: clauses(ev, options, (v,), s, scope, node.span, "CaseClauseError"),
    )


def cond_form(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """``cond do …``: as nested ifs."""
    options = node.sections.get("do")
    return _cond(ev, options if isinstance(options, tuple) else (), state, scope, node.span)


def _cond(ev: Evaluator, options: tuple[ast.Clause, ...], state: State, scope: Scope, span: Span) -> list[Flow]:
    if not options:
        return [raised(state, "CondClauseError")]
    first, rest = options[0], options[1:]

    def decide(s: State, value: Value) -> list[Flow]:
        known = truth(value)
        within = scope if known is not None else replace(scope, conditions=(*scope.conditions, span))
        out: list[Flow] = []
        if known is not False:
            out.extend(scoped(ev.eval(first.body, s, within), state.env))
        if known is not True:
            out.extend(_cond(ev, rest, s, within, span))
        return merge(out)

    return then(ev.eval(first.patterns[0], state, scope), decide)


def with_form(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """``with a <- b, c <- d do … else … end``."""
    body = _block(node.sections.get("do"))
    otherwise = node.sections.get("else")
    flows = _with_steps(ev, node.args, body, otherwise, state, scope, node.span)
    return scoped(flows, state.env)


def _with_steps(
    ev: Evaluator,
    steps: Sequence[Node],
    body: ast.Block | None,
    otherwise: ast.Block | tuple[ast.Clause, ...] | None,
    state: State,
    scope: Scope,
    span: Span,
) -> list[Flow]:
    if not steps:
        return ev.eval(body, state, scope) if body else [(state, NIL)]
    first, rest = steps[0], steps[1:]
    if not (isinstance(first, ast.Binary) and first.op == "<-"):
        return then(ev.eval(first, state, scope), lambda s, _: _with_steps(ev, rest, body, otherwise, s, scope, span))
    pattern, condition = guarded(first.left)

    def proceed(s: State, value: Value) -> list[Flow]:
        out: list[Flow] = []
        for one in value.alternatives if isinstance(value, OneOf) else (value,):
            verdict, bindings = ev.matcher(s, scope).match(pattern, one, {})
            inner = s.bind(bindings)
            if condition is not None and verdict is not Match.NO:
                verdict = min(verdict, guard(ev, condition, inner, scope))
            within = scope if verdict is not Match.MAYBE else replace(scope, conditions=(*scope.conditions, first.span))
            if verdict is not Match.NO:
                out.extend(_with_steps(ev, rest, body, otherwise, inner, within, span))
            if verdict is not Match.YES:
                out.extend(_with_else(ev, otherwise, one, s, within, span))
        return merge(out)

    return then(ev.eval(first.right, state, scope), proceed)


def guarded(node: Node) -> tuple[Node, Node | None]:
    """``pattern when guard`` taken apart."""
    if isinstance(node, ast.Binary) and node.op == "when":
        return node.left, node.right
    return node, None


def _with_else(
    ev: Evaluator,
    otherwise: ast.Block | tuple[ast.Clause, ...] | None,
    value: Value,
    state: State,
    scope: Scope,
    span: Span,
) -> list[Flow]:
    if isinstance(otherwise, ast.Block):
        ev.problem("not-understood", "an else without clauses", otherwise.span)
    if isinstance(otherwise, tuple):
        return clauses(ev, otherwise, (value,), state, scope, span, "WithClauseError")
    return [(state, value)]


def try_form(ev: Evaluator, sections: Sections, state: State, scope: Scope, span: Span) -> list[Flow]:
    """``try`` and a function's own rescue/catch/else/after."""
    body = _block(sections.get("do"))
    flows = scoped(ev.eval(body, state, scope), state.env) if body else [(state, NIL)]
    out: list[Flow] = []
    for s, value in flows:
        if isinstance(value, Raised):
            out.extend(_handled(ev, sections, value, s, scope, span))
        elif isinstance(sections.get("else"), tuple):
            options = sections["else"]
            assert isinstance(options, tuple)
            out.extend(clauses(ev, options, (value,), s, scope, span, "TryClauseError"))
        else:
            out.append((s, value))
    last = _block(sections.get("after"))
    if last is None:
        return merge(out)
    finished: list[Flow] = []
    for s, value in merge(out):
        for after_state, after_value in scoped(ev.eval(last, s, scope), state.env):
            finished.append((after_state, after_value if isinstance(after_value, Raised) else value))
    return merge(finished)


def _handled(ev: Evaluator, sections: Sections, left: Raised, state: State, scope: Scope, span: Span) -> list[Flow]:
    """An exception may be taken by each rescue or catch clause that could fit, and by none."""
    if left.kind == "rollback":
        return [(state, left)]
    out: list[Flow] = []
    rescues, catches = sections.get("rescue"), sections.get("catch")
    for section in (rescues, catches):
        if isinstance(section, ast.Block):
            ev.problem("not-understood", "a rescue without clauses", section.span)
    # rescue takes exceptions, never what was thrown or an exit (elixir lib/kernel/special_forms.ex, try/1)
    rescued = rescues if isinstance(rescues, tuple) and left.kind not in ("throw", "exit") else ()
    for clause in rescued:
        variable, kinds = patterns.exception_names(clause.patterns[0])
        bound: dict[str, Value] = {variable: Unknown("an exception")} if variable else {}
        out.extend(scoped(ev.eval(clause.body, state.bind(bound), scope), state.env))
        if kinds is None:
            return merge(out)
    for clause in catches if isinstance(catches, tuple) else ():
        names = [n for p in clause.patterns for n in patterns.variables(p)]
        inner = state.bind({n: Unknown("an exception") for n in names})
        out.extend(scoped(ev.eval(clause.body, inner, scope), state.env))
        if len(clause.patterns) == 2 and all(map(patterns.is_catch_all, clause.patterns)) and clause.guard is None:
            return merge(out)
    return merge([*out, (state, left)])


def _block(section: ast.Block | tuple[ast.Clause, ...] | None) -> ast.Block | None:
    return section if isinstance(section, ast.Block) else None
