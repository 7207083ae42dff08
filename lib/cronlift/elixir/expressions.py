"""What each form of expression evaluates to; ``FORMS`` has one function for each kind of node (syntax.py).

The forms that choose are in branches.py, calls in calls.py, calls that look like forms in forms.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from cronlift.elixir import branches, builtins, calls, clock, clock_parts, counts
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.trace import Flow, State, raised, then
from cronlift.elixir.values import (
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

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

Form = Callable[["Evaluator", Any, State, "Scope"], list[Flow]]

# Forms with a value that is not followed and no effect of their own (their parts are evaluated all the same).
_VALUES = {"charlist", "bitstring", "char", "atom built at run time", "quoted_content", "escape_sequence"}
_SIGILS = set("cCrRDTNUwW")
_FIXED: dict[str, FixedType] = {"D": "Date", "T": "Time", "N": "NaiveDateTime", "U": "DateTime"}
# The operators of Elixir's Kernel; any other one is a function somebody defined.
_OPERATORS = {"+", "-", "*", "/", "++", "--", "<>", "==", "!=", "===", "!==", "<", ">", "<=", ">=", "=~", "in",
              "not in", "..", "..//", "|"}  # fmt: skip


# ── literals ──
def _literal(ev: Evaluator, node: ast.Literal, state: State, scope: Scope) -> list[Flow]:
    return [(state, Known(node.value))]


def _text(ev: Evaluator, node: ast.Text, state: State, scope: Scope) -> list[Flow]:
    nodes = [p for p in node.parts if isinstance(p, Node)]
    return ev.arguments(nodes, state, scope, lambda s, vs: [(s, _interpolate(node.parts, vs))])


def _interpolate(parts: tuple[str | Node, ...], values: tuple[Value, ...]) -> Value:
    pieces: list[str | Value] = []
    remaining = iter(values)
    for part in parts:
        value = None if isinstance(part, str) else next(remaining)
        known = part if isinstance(part, str) else builtins.text(value) if value is not None else None
        pieces.append(known if isinstance(known, str) else value or Unknown("a text"))
    if all(isinstance(p, str) for p in pieces):
        return Known("".join(str(p) for p in pieces))
    return clock_parts.joined(pieces) or Unknown(origin(values))


def _date_sigil(ev: Evaluator, node: ast.DateSigil, state: State, scope: Scope) -> list[Flow]:
    if not _core_sigil(f"~{node.name}", scope):
        ev.problem("not-understood", f"this form is not understood (~{node.name})", node.span)
        return [(state, Unknown(f"~{node.name}"))]
    return [(state, Fixed(_FIXED[node.name], node.text))]


def _opaque(ev: Evaluator, node: ast.Opaque, state: State, scope: Scope) -> list[Flow]:
    what, children = node.what, node.children
    if what == "bitstring":
        return ev.arguments(children, state, scope, lambda s, vs: [(s, builtins.binary(vs) or Unknown("bitstring"))])
    if what not in _VALUES and not _core_sigil(what, scope):
        ev.problem("not-understood", f"this form is not understood ({what})", node.span)
    return ev.arguments(children, state, scope, lambda s, vs: [(s, Unknown(what))])


def _core_sigil(what: str, scope: Scope) -> bool:
    """Whether a sigil is the language's own: a local or imported one may do anything."""
    if what[:1] != "~" or what[1:] not in _SIGILS:
        return False
    name = f"sigil_{what[1:]}"
    return scope.module.function(name, 2) is None and name not in scope.module.macros


# ── names ──
def _alias(ev: Evaluator, node: ast.Alias, state: State, scope: Scope) -> list[Flow]:
    return [(state, ModuleName(ev.expand(node, state, scope)))]


def _variable(ev: Evaluator, node: ast.Var, state: State, scope: Scope) -> list[Flow]:
    name = node.name
    if name in state.env:
        return [(state, state.env[name])]
    if name in ("__ENV__", "__CALLER__", "__STACKTRACE__", "__DIR__"):
        return [(state, Unknown(name))]
    return calls.local(ev, node, scope.module, name, (), state, scope)


def _attribute(ev: Evaluator, node: ast.Attribute, state: State, scope: Scope) -> list[Flow]:
    if node.value is not None:
        ev.problem("not-understood", "this form is not understood", node.span)
        return [(state, Unknown("a form that is not understood"))]
    value = scope.module.attribute(node.name, node.span)
    registered = any(what == "register_attribute" for _, what in scope.module.unread)
    if value is None or registered:
        return [(state, Unknown(f"the attribute @{node.name}"))]
    flows = ev.eval(value, State(events=state.events, transactions=state.transactions), scope)
    return [(s.with_env(state.env), v) for s, v in flows]


# ── containers ──
def _tuple(ev: Evaluator, node: ast.Tuple, state: State, scope: Scope) -> list[Flow]:
    def build(s: State, items: tuple[Value, ...]) -> list[Flow]:
        if items and items[0] == atom("snooze"):
            ev.findings.snoozes.append(node.span)
        return [(s, TupleValue(items))]

    return ev.arguments(node.items, state, scope, build)


def _list(ev: Evaluator, node: ast.List, state: State, scope: Scope) -> list[Flow]:
    def build(s: State, values: tuple[Value, ...]) -> list[Flow]:
        if node.tail is None:
            return [(s, ListValue(values))]
        end = values[-1]
        if isinstance(end, ListValue):
            return [(s, ListValue((*values[:-1], *end.items)))]
        return [(s, Unknown("a list"))]

    return ev.arguments([*node.items, *([node.tail] if node.tail else [])], state, scope, build)


def _map(ev: Evaluator, node: ast.Map, state: State, scope: Scope) -> list[Flow]:
    struct = ev.expand(node.struct, state, scope) if isinstance(node.struct, ast.Alias) else None
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

    return ev.arguments(nodes, state, scope, build)


def _named(pairs: Iterable[tuple[Value, Value]]) -> Iterator[tuple[str, Value]]:
    """The pairs whose key is an atom, by its name."""
    for key, value in pairs:
        if isinstance(key, Known) and isinstance(key.value, Atom):
            yield key.value.name, value


def _access(ev: Evaluator, node: ast.Access, state: State, scope: Scope) -> list[Flow]:
    return ev.arguments(
        [node.value, node.key], state, scope,
        lambda s, vs: [(s, builtins.evaluate("Map", "get", vs) or Unknown(origin(vs)))],
    )  # fmt: skip


# ── operators ──
def _unary(ev: Evaluator, node: ast.Unary, state: State, scope: Scope) -> list[Flow]:
    return ev.arguments([node.operand], state, scope, lambda s, vs: [(s, _negated(node.op, vs[0]))])


def _negated(op: str, value: Value) -> Value:
    if op in ("!", "not"):
        return builtins.evaluate("Kernel", "not", (value,)) or Unknown(origin((value,)))
    if op == "-" and isinstance(value, Known) and isinstance(value.value, int | float):
        return Known(-value.value)
    return Unknown(origin((value,)))


def _binary(ev: Evaluator, node: ast.Binary, state: State, scope: Scope) -> list[Flow]:
    match node.op:
        case "=":
            return then(
                ev.eval(node.right, state, scope),
                lambda s, v: branches.bind(ev, node.left, v, s, scope, node.span),
            )
        case "&&" | "||" | "and" | "or":
            return branches.short_circuit(ev, node, state, scope)
        case "::":
            return ev.eval(node.left, state, scope)
        case op if op in _OPERATORS and scope.module.function(op, 2) is None:

            def operate(s: State, vs: tuple[Value, ...]) -> list[Flow]:
                result: Flow = (s, _operate(op, *vs))
                # A division by zero ends the job there.
                divided = op == "/" and isinstance(result[1], Unknown)
                return [result, raised(s, "ArithmeticError")] if divided else [result]

            return ev.arguments([node.left, node.right], state, scope, operate)
        case op:
            return ev.arguments(
                [node.left, node.right], state, scope,
                lambda s, vs: calls.local(ev, node, scope.module, op, vs, s, scope),
            )  # fmt: skip


def _operate(op: str, left: Value, right: Value) -> Value:
    if isinstance(left, OneOf):
        results = [_operate(op, v, right) for v in left.alternatives]
        joined = results[0]
        for other in results[1:]:
            joined = join(joined, other)
        return joined
    found = counts.compared(op, left, right) or clock.operator(op, left, right) or builtins.operator(op, left, right)
    return found or clock_parts.operator(op, left, right) or Unknown(origin((left, right)))


# ── functions ──
def _fn(ev: Evaluator, node: ast.Fn, state: State, scope: Scope) -> list[Flow]:
    return [(state, Function(clauses=node.clauses, env=_closure(state)))]


def _capture(ev: Evaluator, node: ast.Capture, state: State, scope: Scope) -> list[Flow]:
    """``&name/1`` and ``&Module.name/1`` name a function; anything else is a function's body."""
    body = node.body
    if isinstance(body, ast.Binary) and body.op == "/" and isinstance(body.right, ast.Literal):
        target, arity = body.left, body.right.value
        if isinstance(arity, int) and isinstance(target, ast.Var):
            return [(state, Function(module=scope.module.name, name=target.name, arity=arity, local=True))]
        if isinstance(arity, int) and isinstance(target, ast.Call) and not target.args and not target.parens:
            owner = target.target
            if isinstance(owner, ast.Alias):
                return [(state, Function(module=ev.expand(owner, state, scope), name=target.name, arity=arity))]
            if isinstance(owner, ast.Literal) and isinstance(owner.value, Atom):
                return [(state, Function(module=f":{owner.value.name}", name=target.name, arity=arity))]
    return [(state, Function(capture=body, env=_closure(state)))]


def _closure(state: State) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(state.env.items()))


def _capture_argument(ev: Evaluator, node: ast.CaptureArgument, state: State, scope: Scope) -> list[Flow]:
    return [(state, state.env.get(f"&{node.index}", Unknown("an argument")))]


def _fun_call(ev: Evaluator, node: ast.FunCall, state: State, scope: Scope) -> list[Flow]:
    return ev.arguments(
        [node.fun, *node.args], state, scope,
        lambda s, vs: calls.function_value(ev, node, vs[0], vs[1:], s, scope),
    )  # fmt: skip


def _block(ev: Evaluator, node: ast.Block, state: State, scope: Scope) -> list[Flow]:
    return ev.sequence(node.body, state, scope)


FORMS: dict[type, Form] = {
    ast.Block: _block,
    ast.Literal: _literal,
    ast.Text: _text,
    ast.Alias: _alias,
    ast.Var: _variable,
    ast.Attribute: _attribute,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Map: _map,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Fn: _fn,
    ast.Capture: _capture,
    ast.CaptureArgument: _capture_argument,
    ast.FunCall: _fun_call,
    ast.Access: _access,
    ast.Call: calls.call,
    ast.DateSigil: _date_sigil,
    ast.Opaque: _opaque,
}
