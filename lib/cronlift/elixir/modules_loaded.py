"""Whether a module is there and has a function: ``Code.ensure_loaded?/1``, ``function_exported?/3`` and their like.

Source: elixir lib/code.ex, lib/kernel.ex. The answer about a library's module is not known. ``function_exported?`` is
false for a module that nothing has loaded yet, so that its answer is known only of modules that certainly are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cronlift.elixir.modules import Module
from cronlift.elixir.syntax import Atom
from cronlift.elixir.trace import Flow, State
from cronlift.elixir.values import Known, ModuleName, TupleValue, Unknown, Value, atom

if TYPE_CHECKING:
    from cronlift.elixir.evaluator import Evaluator, Scope

_LOADING = {"ensure_loaded?", "ensure_loaded", "ensure_loaded!", "ensure_compiled", "ensure_compiled!"}
_MARK = "loaded "
# What every module has (elixir lib/module.ex), and every schema (ecto lib/ecto/schema.ex).
_EVERY = {("module_info", 0), ("module_info", 1), ("__info__", 1)}
_SCHEMAS = {("__schema__", 1), ("__schema__", 2), ("__struct__", 0), ("__struct__", 1), ("__changeset__", 0)}


def call(ev: Evaluator, module_name: str, name: str, args: tuple[Value, ...], state: State, scope: Scope) -> list[Flow]:
    """The flows of such a call; none where it is another one."""
    if module_name == "Code" and name in _LOADING and len(args) == 1:
        return _ensured(ev, name, args[0], state)
    if (module_name, name, len(args)) == ("Kernel", "function_exported?", 3):
        return [(state, _exported(ev, args, state, scope))]
    return []


def _ensured(ev: Evaluator, name: str, value: Value, state: State) -> list[Flow]:
    unknown: Value = Unknown("which modules are there")
    if name.endswith("!"):
        return []
    if not isinstance(value, ModuleName):
        # An atom that names no module, or something else: the answer is not known, and there is no effect.
        return [(state, unknown)]
    module = ev.project.module(value.name)
    if module is None or module.hooks:  # a library's, or one that is compiled only sometimes
        return [(state, unknown)]
    marked = state.bind({_MARK + value.name: Known(True)})
    there = Known(True) if name.endswith("?") else TupleValue((atom("module"), value))
    return [(marked, there)]


def _exported(ev: Evaluator, args: tuple[Value, ...], state: State, scope: Scope) -> Value:
    match args:
        case (ModuleName(name=name), Known(value=Atom(name=function)), Known(value=int(arity))):
            module = ev.project.module(name)
            running = {scope.module.name, *(called[0] for called, _ in scope.stack)}
            if module is None or not (name in running or _MARK + name in state.env):
                return Unknown("which modules are loaded")
            return _has(module, function, arity)
        case _:
            return Unknown("which modules are loaded")


def _has(module: Module, name: str, arity: int) -> Value:
    found = module.function(name, arity)
    if found is not None:
        return Known(any(not c.private for c in found.clauses))
    if (name, arity) in module.delegates or (name, arity) in _EVERY:
        return Known(True)
    if module.schema is not None and (name, arity) in _SCHEMAS:
        return Known(True)
    # What a `use` brings, or a form that is not understood, may define it.
    certain = not module.unread and not module.hooks and all(module.followed.get(u.span) for u in module.uses)
    return Known(False) if certain else Unknown("which functions a module has")
