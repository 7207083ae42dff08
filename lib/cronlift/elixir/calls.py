"""Where a call leads: a form of the language, the application's own code, the repository, or the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cronlift.elixir import applied, batches, clock_parts, forms, library, modules_loaded, repo
from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Module
from cronlift.elixir.rows import Row
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.elixir.trace import Flow, SqlEvent, State, then
from cronlift.elixir.trace import Raised as Left
from cronlift.elixir.values import (
    Clock,
    Function,
    Known,
    MapValue,
    ModuleName,
    TupleValue,
    Unknown,
    Value,
)
from cronlift.sql.facts import StatementError, facts

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope


# Elixir's own modules (elixir lib/elixir/lib): an application's module of such a name may or may not be the one that
# is loaded. Named here and not looked up in the catalogue, so that a line less there never makes a job look simpler.
_ELIXIR = frozenset(
    [
        "Access",
        "Agent",
        "Application",
        "Atom",
        "Base",
        "Bitwise",
        "Calendar",
        "Code",
        "Collectable",
        "Config",
        "Date",
        "DateTime",
        "DynamicSupervisor",
        "Enum",
        "Enumerable",
        "Exception",
        "File",
        "Float",
        "Function",
        "GenServer",
        "IO",
        "Inspect",
        "Integer",
        "Kernel",
        "Keyword",
        "List",
        "Logger",
        "Macro",
        "Map",
        "MapSet",
        "Module",
        "NaiveDateTime",
        "Node",
        "OptionParser",
        "Path",
        "Port",
        "Process",
        "Protocol",
        "Range",
        "Regex",
        "Registry",
        "Stream",
        "String",
        "StringIO",
        "Supervisor",
        "System",
        "Task",
        "Time",
        "Tuple",
        "URI",
        "Version",
    ]
)


def call(ev: Evaluator, node: ast.Call, state: State, scope: Scope) -> list[Flow]:
    """Evaluate a call as written."""
    if node.target is None:
        form = forms.FORMS.get(node.name)
        if form and not _defined(scope.module, node.name, len(node.args)):
            if len(node.args) < forms.MINIMUM.get(node.name, 0):
                ev.problem("not-understood", f"{node.name} with {len(node.args)} arguments", node.span)
                return [(state, Unknown(node.name))]
            return form(ev, node, state, scope)
        if repo.is_query_macro(ev, node, state, scope):
            return repo.query_macro(ev, node, state, scope)
        args = _arguments(ev, node)
        what = f"{node.name}/{len(args)}"
        if node.name in scope.module.macros:
            return [(state, ev.unknown_call(what, "a macro is not followed", node.span, scope))]

        def call_local(s: State, values: tuple[Value, ...]) -> list[Flow]:
            if node.name in library.LOG_LEVELS and "Logger" in _imports(scope.module, s, node.name, len(args)):
                _check_logged(ev, node, state, s)
            return local(ev, node, scope.module, node.name, values, s, scope)

        return ev.arguments(args, state, scope, call_local)
    if isinstance(node.target, ast.Alias) and repo.is_query_macro(ev, node, state, scope):
        return repo.query_macro(ev, node, state, scope)

    def go(s: State, values: tuple[Value, ...]) -> list[Flow]:
        if values[0] == ModuleName("Logger"):
            _check_logged(ev, node, state, s)
        return _on_target(ev, node, values[0], values[1:], s, scope)

    return ev.arguments([node.target, *_arguments(ev, node)], state, scope, go)


def _check_logged(ev: Evaluator, node: ast.Call, before: State, after: State) -> None:
    """A logger's arguments are evaluated only where its level is on: SQL among them is sent or not."""
    if any(_matters(e) for e in after.events if e not in before.events):
        ev.problem("conditional-sql", "whether a log message is computed depends on the log level", node.span)


def _matters(event: SqlEvent) -> bool:
    """Whether a statement may do more than read."""
    try:
        return event.sql is None or facts(event.sql).writes
    except StatementError:
        return True


def _arguments(ev: Evaluator, node: ast.Call) -> tuple[Node, ...]:
    """A call's arguments; ``do: x`` and ``do … end`` are a keyword list at their end."""
    if not node.sections:
        return node.args
    pairs = []
    for name, section in node.sections.items():
        if not isinstance(section, ast.Block):
            ev.problem("not-understood", f"{node.name} with clauses is not followed", node.span)
            continue
        pairs.append(ast.Tuple(section.span, (ast.Literal(section.span, Atom(name)), section)))
    return (*node.args, ast.List(node.span, tuple(pairs)))


def _defined(module: Module, name: str, arity: int) -> bool:
    return module.function(name, arity) is not None


def _on_target(
    ev: Evaluator, node: ast.Call, target: Value, args: tuple[Value, ...], state: State, scope: Scope
) -> list[Flow]:
    match target:
        case ModuleName(name=name):
            return remote(ev, node, name, node.name, args, state, scope)
        case Known(value=Atom(name=name)):
            return remote(ev, node, f":{name}", node.name, args, state, scope)
        case Clock() if not args and not node.parens:
            return [(state, clock_parts.field(target, node.name) or Unknown("the clock"))]
        case MapValue() if not args and not node.parens:
            return [(state, target.get(Known(Atom(node.name))) or Unknown("a map's field"))]
        case Row() if not args and not node.parens:
            return [(state, target.field(node.name) or Unknown(target.origin))]
        case Unknown(origin=origin) if not args and not node.parens and not _may_be_module(origin):
            return [(state, Unknown(origin))]
    what = f"{node.name}/{len(args)}"
    return [(state, ev.unknown_call(what, "the module is known only at run time", node.span, scope))]


def _may_be_module(origin: str) -> bool:
    return origin in ("configuration", "the job's record", "a loop's element") or origin.startswith("the attribute")


def local(
    ev: Evaluator,
    node: Node | None,
    module: Module,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
) -> list[Flow]:
    """A call without a module: the module's own functions, its delegates and imports, then Kernel."""
    span = node.span if node else module.span
    found = module.function(name, len(args))
    if found:
        return applied.apply(ev, module, found, args, state, scope, span)
    delegate = module.delegates.get((name, len(args)))
    if delegate:
        return remote(ev, node, delegate.to, delegate.as_name, args, state, scope)
    for imported in _imports(module, state, name, len(args)):
        own = ev.project.module(imported)
        if own and name in own.macros:
            return [(state, ev.unknown_call(f"{name}/{len(args)}", "a macro is not followed", span, scope))]
        if _provides(ev, imported, name, len(args)):
            return remote(ev, node, imported, name, args, state, scope)
    if name == "new" and any(u.module == "Oban.Worker" for u in module.uses):
        return [(state, Unknown("a job to enqueue"))]
    if repo.is_repo(module) and repo.provides(name):
        return repo.call(ev, module, name, args, state, scope, span, node)
    if ev.catalogue.lookup("Kernel", name, len(args)) or name == "function_exported?":
        return remote(ev, node, "Kernel", name, args, state, scope)
    why = "it is neither defined nor imported where cronlift can see it"
    return [(state, ev.unknown_call(f"{name}/{len(args)}", why, span, scope))]


def _imports(module: Module, state: State, name: str, arity: int) -> list[str]:
    """The modules whose import lines bring ``name/arity``."""
    lines = [i.module for i in module.imports if i.names(name, arity)]
    return lines + [k[7:] for k in state.env if k.startswith("import ")]


def _provides(ev: Evaluator, imported: str, name: str, arity: int) -> bool:
    own = ev.project.module(imported)
    if own:
        return own.function(name, arity) is not None or (name, arity) in own.delegates
    return ev.catalogue.lookup(imported, name, arity) is not None


def remote(
    ev: Evaluator,
    node: Node | None,
    module_name: str,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
) -> list[Flow]:
    """``module.name(args)``."""
    span = node.span if node else scope.module.span
    what = f"{module_name}.{name}/{len(args)}"
    definitions = [] if module_name.startswith(":") else ev.project.definitions(module_name)
    if len(definitions) > 1:
        places = ", ".join(f"{d.file}:{d.span.line}" for d in definitions)
        return [(state, ev.unknown_call(what, f"the module is defined more than once ({places})", span, scope))]
    if definitions and module_name in _ELIXIR:
        why = f"{definitions[0].file} defines a module that Elixir has under the same name"
        return [(state, ev.unknown_call(what, why, span, scope))]
    if definitions:
        return _on_module(ev, node, definitions[0], name, args, state, scope, span)
    if module_name in ("Code", "Kernel") and (loaded := modules_loaded.call(ev, module_name, name, args, state, scope)):
        return loaded
    if module_name == "Ecto.Adapters.SQL":
        return repo.adapter_call(ev, name, args, state, scope, span)
    if module_name == "Ecto.Changeset" and (made := repo.changeset(name, args)) is not None:
        return [(state, made)]
    if module_name == "Ecto.Multi":
        return repo.multi_call(ev, name, args, state, scope, span)
    if module_name == "Kernel" and name in ("then", "tap") and len(args) == 2 and isinstance(args[1], Function):
        flows = ev.invoke(args[1], args[:1], state, scope, node or ast.Block(span, ()))
        return flows if name == "then" else then(flows, lambda s, _: [(s, args[0])])
    if (module_name, name) in (("Process", "sleep"), (":timer", "sleep")):
        paused = batches.pause(args, state, scope, span)
        if paused is not None:
            return paused
    if (module_name, name) == (":timer", "tc") and len(args) == 1 and isinstance(args[0], Function):
        # otp lib/stdlib/src/timer.erl, tc/1: {microseconds, what the function answers}
        timed = ev.invoke(args[0], (), state, scope, node or ast.Block(span, ()))
        return then(timed, lambda s, v: [(s, TupleValue((Unknown("the clock"), v)))])
    return library.call(ev, node, module_name, name, args, state, scope, span)


def _on_module(
    ev: Evaluator,
    node: Node | None,
    module: Module,
    name: str,
    args: tuple[Value, ...],
    state: State,
    scope: Scope,
    span: Span,
) -> list[Flow]:
    found = module.function(name, len(args))
    if found and module is not scope.module and all(c.private for c in found.clauses):
        return [(state, Left("UndefinedFunctionError"))]
    if found:
        return applied.apply(ev, module, found, args, state, scope, span)
    applied.trust(ev, module)
    delegate = module.delegates.get((name, len(args)))
    if delegate:
        return remote(ev, node, delegate.to, delegate.as_name, args, state, scope)
    if repo.is_repo(module):
        return repo.call(ev, module, name, args, state, scope, span, node)
    what = f"{module.name}.{name}/{len(args)}"
    if name == "new" and any(u.module == "Oban.Worker" for u in module.uses):
        return [(state, Unknown("a job to enqueue"))]  # oban lib/oban/worker.ex: new/2 builds a changeset
    if name in module.macros:
        return [(state, ev.unknown_call(what, "a macro is not followed", span, scope))]
    why = "the module does not define it where cronlift can see it"
    return [(state, ev.unknown_call(what, why, span, scope))]


def function_value(
    ev: Evaluator, node: Node, function: Value, args: tuple[Value, ...], state: State, scope: Scope
) -> list[Flow]:
    """``fun.(args)``."""
    if isinstance(function, Function):
        return ev.invoke(function, args, state, scope, node)
    why = "the function is known only at run time"
    return [(state, ev.unknown_call(f"an anonymous function/{len(args)}", why, node.span, scope))]
