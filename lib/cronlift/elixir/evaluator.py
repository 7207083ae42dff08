"""Abstract evaluation of a function: every path it can take, with the SQL it sends and the effects it has.

Nothing is executed. Values are known, one of a few, or unknown; where a condition is not known both sides are
followed, and paths are kept apart only while the SQL they sent differs (trace.py). Budgeted: a run ends with
TooComplex rather than late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from cronlift.elixir import branches, builtins, calls, clock
from cronlift.elixir import syntax as ast
from cronlift.elixir.catalogue import HARMLESS, Catalogue, default_catalogue
from cronlift.elixir.config import Config
from cronlift.elixir.modules import FunctionClause, Module
from cronlift.elixir.patterns import Matcher
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.elixir.trace import Flow, Raised, SqlEvent, State, TooComplex, raised, scoped, then
from cronlift.elixir.values import (
    NIL,
    Clock,
    Fixed,
    FixedType,
    Function,
    Known,
    ListValue,
    MapValue,
    ModuleName,
    OneOf,
    TupleValue,
    Unknown,
    Value,
    atom,
    join,
    origin,
)
from cronlift.model.effect import Effect, EffectKind
from cronlift.model.verdict import Loss, Reason

_MAX_NODES = 30_000
_MAX_NODES_AFTER_BLOCKED = 2_500  # once a job needs the app, only its parts that could move are still looked for
_MAX_CALL_DEPTH = 60
# Forms with a value that is not followed and no effect of their own (their parts are evaluated all the same).
_VALUES = {"charlist", "bitstring", "char", "atom built at run time", "quoted_content", "escape_sequence"}
_SIGILS = set("cCrRDTNUwW")
# The operators of Elixir's Kernel; any other one is a function somebody defined.
_OPERATORS = {"+", "-", "*", "/", "++", "--", "<>", "==", "!=", "===", "!==", "<", ">", "<=", ">=", "=~", "in",
              "not in", "..", "..//", "|"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """Where evaluation stands: the module, the functions passed on the way, and what surrounds this place."""

    module: Module
    path: tuple[str, ...] = ()
    stack: tuple[tuple[str, str, int], ...] = ()
    loop: bool = False
    transaction: int | None = None
    transaction_repo: str = ""
    conditions: tuple[Span, ...] = ()


@dataclass(slots=True)
class Findings:
    """What a run met besides its flows: effects, things not understood, the functions it went through, and every
    statement sent (for runs that are ended before they have flows)."""

    effects: dict[tuple[str, str, str, int], Effect] = field(default_factory=dict)
    problems: dict[tuple[str, str, int], Reason] = field(default_factory=dict)
    visited: dict[tuple[str, int, int], FunctionClause] = field(default_factory=dict)
    snoozes: list[Span] = field(default_factory=list)
    modules: dict[str, Module] = field(default_factory=dict)
    after_failure: dict[Span, SqlEvent] = field(default_factory=dict)
    sent: dict[tuple[object, ...], SqlEvent] = field(default_factory=dict)
    pinned: dict[str, Loss] = field(default_factory=dict)


class Evaluator:
    """Evaluates functions of one project. One instance serves one job: ``findings`` collect over its runs."""

    def __init__(self, project: Project, catalogue: Catalogue | None = None, config: Config | None = None) -> None:
        self.project = project
        self.catalogue = catalogue or default_catalogue()
        self.config = config
        self.findings = Findings()
        self.quiet: dict[object, list[tuple[bool, Value]]] = {}
        self.cut_short = 0
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
        match node:
            case ast.Block(body=body):
                return self.sequence(body, state, scope)
            case ast.Literal(value=value):
                return [(state, Known(value))]
            case ast.Text(parts=parts):
                nodes = [p for p in parts if isinstance(p, Node)]
                return self.arguments(nodes, state, scope, lambda s, vs: [(s, _interpolate(parts, vs))])
            case ast.Alias():
                return [(state, ModuleName(self.expand(node, state, scope)))]
            case ast.Var(name=name):
                return self._variable(node, name, state, scope)
            case ast.Attribute(name=name, value=None):
                return self._attribute(node, name, state, scope)
            case ast.Tuple(items=items):
                return self.arguments(items, state, scope, lambda s, vs: [(s, self._tuple(node, vs))])
            case ast.List(items=items, tail=tail):
                return self._list(items, tail, state, scope)
            case ast.Map():
                return self._map(node, state, scope)
            case ast.Unary(op=op, operand=operand):
                return self.arguments([operand], state, scope, lambda s, vs: [(s, _unary(op, vs[0]))])
            case ast.Binary():
                return self._binary(node, state, scope)
            case ast.Fn(clauses=clauses):
                return [(state, Function(clauses=clauses, env=_closure(state)))]
            case ast.Capture(body=body):
                return [(state, self._capture(body, state, scope))]
            case ast.CaptureArgument(index=index):
                return [(state, state.env.get(f"&{index}", Unknown("an argument")))]
            case ast.FunCall(fun=fun, args=args):
                return self.arguments(
                    [fun, *args], state, scope, lambda s, vs: calls.function_value(self, node, vs[0], vs[1:], s, scope)
                )
            case ast.Access(value=value, key=key):
                return self.arguments(
                    [value, key], state, scope,
                    lambda s, vs: [(s, builtins.evaluate("Map", "get", vs) or Unknown(origin(vs)))],
                )  # fmt: skip
            case ast.Call():
                return calls.call(self, node, state, scope)
            case ast.DateSigil(name=name, text=text):
                types: dict[str, FixedType] = {"D": "Date", "T": "Time", "N": "NaiveDateTime", "U": "DateTime"}
                if not self._core_sigil(f"~{name}", scope):
                    self.problem("not-understood", f"this form is not understood (~{name})", node.span)
                    return [(state, Unknown(f"~{name}"))]
                return [(state, Fixed(types[name], text))]
            case ast.Opaque(what="bitstring", children=children):
                return self.arguments(
                    children, state, scope, lambda s, vs: [(s, builtins.binary(vs) or Unknown("bitstring"))]
                )
            case ast.Opaque(what=what, children=children):
                if what not in _VALUES and not self._core_sigil(what, scope):
                    self.problem("not-understood", f"this form is not understood ({what})", node.span)
                return self.arguments(children, state, scope, lambda s, vs: [(s, Unknown(what))])
            case _:
                self.problem("not-understood", "this form is not understood", node.span)
                return [(state, Unknown("a form that is not understood"))]

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
            if not rest:
                return use(s.bind(bound), done)

            def taken(s2: State, value: Value) -> list[Flow]:
                new = {k: v for k, v in s2.env.items() if state.env.get(k) is not v}
                return step(rest[1:], s2.with_env(state.env), (*done, value), {**bound, **new})

            return then(self.eval(rest[0], s, scope), taken)

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

    def _core_sigil(self, what: str, scope: Scope) -> bool:
        """Whether a sigil is the language's own: a local or imported one may do anything."""
        if what[:1] != "~" or what[1:] not in _SIGILS:
            return False
        name = f"sigil_{what[1:]}"
        return scope.module.function(name, 2) is None and name not in scope.module.macros

    # ── single forms ──
    def _variable(self, node: ast.Var, name: str, state: State, scope: Scope) -> list[Flow]:
        if name in state.env:
            return [(state, state.env[name])]
        if name in ("__ENV__", "__CALLER__", "__STACKTRACE__", "__DIR__"):
            return [(state, Unknown(name))]
        return calls.local(self, node, scope.module, name, (), state, scope)

    def _attribute(self, node: ast.Attribute, name: str, state: State, scope: Scope) -> list[Flow]:
        value = scope.module.attribute(name, node.span)
        registered = any(what == "register_attribute" for _, what in scope.module.unread)
        if value is None or registered:
            return [(state, Unknown(f"the attribute @{name}"))]
        flows = self.eval(value, State(events=state.events, transactions=state.transactions), scope)
        return [(s.with_env(state.env), v) for s, v in flows]

    def _tuple(self, node: ast.Tuple, items: tuple[Value, ...]) -> Value:
        if items and items[0] == atom("snooze"):
            self.findings.snoozes.append(node.span)
        return TupleValue(items)

    def _list(self, items: Sequence[Node], tail: Node | None, state: State, scope: Scope) -> list[Flow]:
        def build(s: State, values: tuple[Value, ...]) -> list[Flow]:
            if tail is None:
                return [(s, ListValue(values))]
            end = values[-1]
            if isinstance(end, ListValue):
                return [(s, ListValue((*values[:-1], *end.items)))]
            return [(s, Unknown("a list"))]

        return self.arguments([*items, *([tail] if tail else [])], state, scope, build)

    def _map(self, node: ast.Map, state: State, scope: Scope) -> list[Flow]:
        struct = self.expand(node.struct, state, scope) if isinstance(node.struct, ast.Alias) else None
        nodes = [*([node.base] if node.base else []), *(n for pair in node.pairs for n in pair)]

        def build(s: State, values: tuple[Value, ...]) -> list[Flow]:
            rest = values[1:] if node.base else values
            base: Value = values[0] if node.base else MapValue((), struct, open=node.struct is not None)
            if isinstance(base, Clock):
                changes = dict(_named(zip(rest[::2], rest[1::2], strict=True)))
                changed = clock.update(base, changes) if len(changes) * 2 == len(rest) else None
                return [(s, changed or Unknown("the clock"))]
            for key, value in zip(rest[::2], rest[1::2], strict=True):
                if not isinstance(base, MapValue):
                    break
                base = base.put(key, value)
            return [(s, base if isinstance(base, MapValue) else Unknown(origin((base,))))]

        return self.arguments(nodes, state, scope, build)

    def _binary(self, node: ast.Binary, state: State, scope: Scope) -> list[Flow]:
        match node.op:
            case "=":
                return then(
                    self.eval(node.right, state, scope),
                    lambda s, v: branches.bind(self, node.left, v, s, scope, node.span),
                )
            case "&&" | "||" | "and" | "or":
                return branches.short_circuit(self, node, state, scope)
            case "::":
                return self.eval(node.left, state, scope)
            case op if op in _OPERATORS and scope.module.function(op, 2) is None:

                def operate(s: State, vs: tuple[Value, ...]) -> list[Flow]:
                    result: Flow = (s, _operate(op, *vs))
                    # A division by zero ends the job there.
                    return (
                        [result, raised(s, "ArithmeticError")]
                        if op == "/" and isinstance(result[1], Unknown)
                        else [result]
                    )

                return self.arguments([node.left, node.right], state, scope, operate)
            case op:
                return self.arguments(
                    [node.left, node.right], state, scope,
                    lambda s, vs: calls.local(self, node, scope.module, op, vs, s, scope),
                )  # fmt: skip

    def _capture(self, body: Node, state: State, scope: Scope) -> Value:
        """``&name/1`` and ``&Module.name/1`` name a function; anything else is a function's body."""
        if isinstance(body, ast.Binary) and body.op == "/" and isinstance(body.right, ast.Literal):
            target, arity = body.left, body.right.value
            if isinstance(arity, int) and isinstance(target, ast.Var):
                return Function(module=scope.module.name, name=target.name, arity=arity, local=True)
            if isinstance(arity, int) and isinstance(target, ast.Call) and not target.args and not target.parens:
                if isinstance(target.target, ast.Alias):
                    module = self.expand(target.target, state, scope)
                    return Function(module=module, name=target.name, arity=arity)
                if isinstance(target.target, ast.Literal) and isinstance(target.target.value, Atom):
                    return Function(module=f":{target.target.value.name}", name=target.name, arity=arity)
        return Function(capture=body, env=_closure(state))

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

    def enter(self, scope: Scope, module: Module, name: str, arity: int, span: Span) -> Scope | None:
        """The scope inside a function; None where it is called too deep."""
        key = (module.name, name, arity)
        if len(scope.stack) >= _MAX_CALL_DEPTH or scope.stack.count(key) >= 12:
            self.cut_short += 1
            return None
        step = f"{module.name}.{name}/{arity} ({span.file}:{span.line})"
        return replace(scope, module=module, path=(*scope.path, step), stack=(*scope.stack, key))


def _closure(state: State) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(state.env.items()))


def _named(pairs: Iterable[tuple[Value, Value]]) -> Iterator[tuple[str, Value]]:
    """The pairs whose key is an atom, by its name."""
    for key, value in pairs:
        if isinstance(key, Known) and isinstance(key.value, Atom):
            yield key.value.name, value


def _interpolate(parts: tuple[str | Node, ...], values: tuple[Value, ...]) -> Value:
    pieces: list[str] = []
    remaining = iter(values)
    for part in parts:
        piece = part if isinstance(part, str) else builtins.text(next(remaining))
        if piece is None:
            return Unknown(origin(values))
        pieces.append(piece)
    return Known("".join(pieces))


def _unary(op: str, value: Value) -> Value:
    if op in ("!", "not"):
        return builtins.evaluate("Kernel", "not", (value,)) or Unknown(origin((value,)))
    if op == "-" and isinstance(value, Known) and isinstance(value.value, int | float):
        return Known(-value.value)
    return Unknown(origin((value,)))


def _operate(op: str, left: Value, right: Value) -> Value:
    if isinstance(left, OneOf):
        results = [_operate(op, v, right) for v in left.alternatives]
        joined = results[0]
        for other in results[1:]:
            joined = join(joined, other)
        return joined
    found = clock.operator(op, left, right) or builtins.operator(op, left, right)
    return found or Unknown(origin((left, right)))
