"""Constants of a module's body, and names as Elixir derives them."""

from __future__ import annotations

from cronlift.elixir.evaluator import Evaluator, Scope
from cronlift.elixir.modules import Module
from cronlift.elixir.syntax import Node
from cronlift.elixir.trace import State, TooComplex
from cronlift.elixir.values import Unknown, Value


def constant(evaluator: Evaluator, node: Node | None, module: Module) -> Value:
    """What an expression of a module's body is known to be."""
    if node is None:
        return Unknown("nothing")
    try:
        flows = evaluator.eval(node, State(), Scope(module))
    except (TooComplex, RecursionError):
        return Unknown("a computed value")
    return flows[0][1] if len(flows) == 1 else Unknown("a computed value")


def underscored(name: str) -> str:
    """``Macro.underscore/1`` of one part of a module's name (elixir lib/macro.ex)."""
    out = ""
    for i, letter in enumerate(name):
        after_lower = i > 0 and (name[i - 1].islower() or name[i - 1].isdigit())
        before_lower = i > 0 and i + 1 < len(name) and name[i + 1].islower() and name[i - 1].isupper()
        out += ("_" if letter.isupper() and (after_lower or before_lower) else "") + letter.lower()
    return out
