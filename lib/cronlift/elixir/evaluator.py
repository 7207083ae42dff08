"""Abstract evaluation of a function: every path it can take, with the SQL it sends and the effects it has.

Nothing is executed. Values are known, one of a few, or unknown; where a condition is not known both sides are
followed, and paths are kept apart only while the SQL they sent differs (trace.py). Budgeted: a run ends with
TooComplex rather than late.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from cronlift.elixir import branches, builtins, calls, expressions
from cronlift.elixir import syntax as ast
from cronlift.elixir.catalogue import HARMLESS, Catalogue, default_catalogue
from cronlift.elixir.config import Config
from cronlift.elixir.immutable import immutable
from cronlift.elixir.modules import Function as Definition
from cronlift.elixir.modules import FunctionClause, Module
from cronlift.elixir.patterns import Matcher
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Node, Span
from cronlift.elixir.trace import Flow, Raised, SqlEvent, State, TooComplex, scoped, then
from cronlift.elixir.values import (
    NIL,
    Function,
    ModuleName,
    Unknown,
    Value,
)
from cronlift.model.effect import Effect, EffectKind
from cronlift.model.verdict import Loss, Reason

_MAX_NODES = 30_000
_MAX_NODES_AFTER_BLOCKED = 2_500  # once a job needs the app, only its parts that could move are still looked for
_MAX_CALL_DEPTH = 60


@immutable
class Scope:
    """Where evaluation stands: the module, the functions passed on the way, and what surrounds this place."""

    module: Module
    path: tuple[str, ...] = ()
    stack: tuple[tuple[tuple[str, str, int], object], ...] = ()
    loop: bool = False
    transaction: int | None = None
    transaction_repo: str = ""
    conditions: tuple[Span, ...] = ()
    batch: bool = False
    again: tuple[str, str, int] | None = None


@dataclass(slots=True)
class Findings:
    """What a run met besides its flows: effects, things not understood, the functions it went through, every
    statement sent (for runs that are ended before they have flows), and the places of those that no SQL is known of."""

    effects: dict[tuple[str, str, str, int], Effect] = field(default_factory=dict)
    problems: dict[tuple[str, str, int], Reason] = field(default_factory=dict)
    visited: dict[tuple[str, int, int], FunctionClause] = field(default_factory=dict)
    snoozes: list[Span] = field(default_factory=list)
    modules: dict[str, Module] = field(default_factory=dict)
    after_failure: dict[Span, SqlEvent] = field(default_factory=dict)
    sent: dict[tuple[object, ...], SqlEvent] = field(default_factory=dict)
    pinned: dict[str, Loss] = field(default_factory=dict)
    questions: dict[tuple[str, str, int], Reason] = field(default_factory=dict)
    unwritten: dict[tuple[str, int], None] = field(default_factory=dict)
    session: dict[str, str] = field(default_factory=dict)


class Evaluator:
    """Evaluates functions of one project. One instance serves one job: ``findings`` collect over its runs."""

    def __init__(self, project: Project, catalogue: Catalogue | None = None, config: Config | None = None) -> None:
        self.project = project
        self.catalogue = catalogue or default_catalogue()
        self.config = config
        self.findings = Findings()
        self.quiet: dict[object, list[tuple[bool, Value]]] = {}
        self.counts: dict[tuple[str, int], Value] = {}  # how many rows a statement changes, by its place (batches.py)
        self.cut_at = sys.maxsize  # the outermost call on the stack that was not followed because it was on it
        self._nodes = 0
        self._limit = _MAX_NODES

    def run(self, module: Module, name: str, args: tuple[Value, ...]) -> list[Flow]:
        """Every flow of ``module.name(args)``. Raises TooComplex where the budget does not do."""
        return calls.local(self, None, module, name, args, State(), Scope(module))

    def apart(self) -> Evaluator:
        """Another evaluator on the same application, whose findings are its own."""
        return Evaluator(self.project, self.catalogue)

    def eval_in(self, node: Node, module: Module) -> list[Flow]:
        """Every flow of one expression as it would stand in a module."""
        return self.eval(node, State(), Scope(module))

    # ── what is noticed ──
    def pin(self, name: str, value: Value, setting: Span | None, span: Span) -> None:
        """Note a value that was taken from the configuration, or from the default of a setting that is not there."""
        words = builtins.inspected(value)
        where = f"{words} ({setting.file}:{setting.line})" if setting else f"not configured, so {words}"
        text = f"the setting {name} is {where}: a later change of it no longer reaches the job"
        loss = Loss(code="pinned-setting", text=text, file=span.file, line=span.line)
        self.findings.pinned.setdefault(name, loss)

    def effect(self, kind: EffectKind, what: str, span: Span, scope: Scope) -> None:
        """Note an effect, once per place."""
        if kind not in HARMLESS and kind != "sql" and self._limit == _MAX_NODES:
            self._limit = min(_MAX_NODES, self._nodes + _MAX_NODES_AFTER_BLOCKED)
        key = (kind, what, span.file, span.line)
        found = Effect(kind=kind, what=what, file=span.file, line=span.line, path=scope.path)
        self.findings.effects.setdefault(key, found)

    def problem(self, code: str, text: str, span: Span) -> None:
        """Note something that could not be followed, once per place and kind."""
        reason = Reason(code=code, text=text, file=span.file, line=span.line)
        self.findings.problems.setdefault((code, span.file, span.line), reason)

    def question(self, code: str, text: str, span: Span) -> None:
        """Note what only the deployment knows; it leaves the verdict as it is (model/verdict.py, QUESTIONS)."""
        reason = Reason(code=code, text=text, file=span.file, line=span.line)
        self.findings.questions.setdefault((code, span.file, span.line), reason)

    def unwritten(self, span: Span) -> None:
        """Note a place where a statement is sent that changes data and cannot be written down."""
        self.findings.unwritten[span.file, span.line] = None

    def unknown_call(self, what: str, why: str, span: Span, scope: Scope) -> Unknown:
        """A call that leads where nothing is known: an effect of unknown kind."""
        self.effect("unknown", what, span, scope)
        self.problem("unknown-call", f"{what}: {why}", span)
        return Unknown(f"the result of {what}")

    # ── expressions ──
    def eval(self, node: Node, state: State, scope: Scope) -> list[Flow]:
        """Evaluate one expression in ``state``; each flow's value is its result, or Raised."""
        self._nodes += 1
        if self._nodes > self._limit:
            raise TooComplex
        form = expressions.FORMS.get(type(node))
        if form is None:
            self.problem("not-understood", "this form is not understood", node.span)
            return [(state, Unknown("a form that is not understood"))]
        return form(self, node, state, scope)

    def sequence(self, body: Sequence[Node], state: State, scope: Scope) -> list[Flow]:
        """Expressions one after the other; the value is the last one's."""
        flows: list[Flow] = [(state, NIL)]
        for node in body:
            flows = then(flows, lambda s, _, node=node: self.eval(node, s, scope))  # type: ignore[misc]
        return flows

    def arguments(
        self,
        nodes: Sequence[Node],
        state: State,
        scope: Scope,
        use: Callable[[State, tuple[Value, ...]], list[Flow]],
    ) -> list[Flow]:
        """Evaluate expressions from left to right and go on with their values.

        What one of them binds the others do not see (Elixir expands arguments side by side).
        """

        def step(rest: Sequence[Node], s: State, done: tuple[Value, ...], bound: dict[str, Value]) -> list[Flow]:
            for at, node in enumerate(rest, start=1):
                flows = self.eval(node, s, scope)
                if len(flows) != 1 or isinstance(flows[0][1], Raised):
                    return then(flows, partial(go_on, rest[at:], done, bound))
                s, done, bound = taken(*flows[0], done, bound)
            return use(s.bind(bound), done)

        def go_on(
            rest: Sequence[Node], done: tuple[Value, ...], bound: dict[str, Value], s: State, value: Value
        ) -> list[Flow]:
            return step(rest, *taken(s, value, done, bound))

        def taken(
            s: State, value: Value, done: tuple[Value, ...], bound: dict[str, Value]
        ) -> tuple[State, tuple[Value, ...], dict[str, Value]]:
            if s.env is state.env:
                return s, (*done, value), bound
            new = {k: v for k, v in s.env.items() if state.env.get(k) is not v}
            return s.with_env(state.env), (*done, value), {**bound, **new}

        return step(nodes, state, (), {})

    def expand(self, node: ast.Alias, state: State, scope: Scope) -> str:
        """A module name with the module's and the function's own aliases applied, as they stand at this place."""
        first, _, rest = node.name.partition(".")
        own = {k[6:]: v.name for k, v in state.env.items() if k.startswith("alias ") and isinstance(v, ModuleName)}
        full = scope.module.expand(node.name, own, node.span.line)
        if full == node.name and first != "Elixir":
            for use in scope.module.uses:
                for brought in self.catalogue.aliases_of_use(use.module):
                    if brought.rpartition(".")[2] == first and use.span.line <= node.span.line:
                        return f"{brought}.{rest}" if rest else brought
        return full

    def matcher(self, state: State, scope: Scope) -> Matcher:
        """Pattern matching at this place."""

        def lookup(node: Node) -> Value:
            values = [v for _, v in self.eval(node, state, scope) if not isinstance(v, Raised)]
            return values[0] if len(values) == 1 else Unknown("a pattern")

        return Matcher(lambda alias: self.expand(alias, state, scope), lookup)

    def invoke(self, function: Function, args: tuple[Value, ...], state: State, scope: Scope, node: Node) -> list[Flow]:
        """Call a function value."""
        own = self.project.module(function.module) if function.local else None
        if own:
            return calls.local(self, node, own, function.name, args, state, scope)
        if function.name:
            return calls.remote(self, node, function.module, function.name, args, state, scope)
        inner = state.with_env(dict(function.env))
        if function.capture is not None:
            bound = {f"&{i}": arg for i, arg in enumerate(args, start=1)}
            return scoped(self.eval(function.capture, inner.bind(bound), scope), state.env)
        return scoped(branches.clauses(self, function.clauses, args, inner, scope, node.span, "no clause"), state.env)

    def enter(
        self, scope: Scope, module: Module, function: Definition, args: tuple[Value, ...], state: State, span: Span
    ) -> Scope | None:
        """The scope inside a function; None where it is called too deep, or from within the very same call."""
        key = (module.name, function.name, function.arity)
        frame = (args, state.events, state.transactions, scope.transaction)
        for depth, (called, before) in enumerate(scope.stack):
            if called == key and before == frame:
                self.cut_at = min(self.cut_at, depth)
                return None
        if len(scope.stack) >= _MAX_CALL_DEPTH or sum(called == key for called, _ in scope.stack) >= 12:
            self.cut_at = -1
            return None
        step = f"{module.name}.{function.name}/{function.arity} ({span.file}:{span.line})"
        return replace(scope, module=module, path=(*scope.path, step), stack=(*scope.stack, (key, frame)))
