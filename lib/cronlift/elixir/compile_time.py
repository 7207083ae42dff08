"""Parts of a module's body that stand under a condition: which of them the chosen environment compiles.

Source: elixir lib/kernel.ex (if/2: in a module's body it runs while the module compiles), lib/application.ex
(compile_env/3). A condition is settled only where it asks for the environment and for settings of the configuration
that are literals; any other leaves the part not understood.
"""

from __future__ import annotations

from cronlift.elixir import application_env, using
from cronlift.elixir import syntax as ast
from cronlift.elixir.config import Config, body, decide, is_env
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.module_reader import read_forms
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node
from cronlift.elixir.trace import TooComplex
from cronlift.elixir.values import truth

_MAX_DEPTH = 8


def settle_conditions(project: Project, config: Config, env: str) -> None:
    """Take into every module of the project what the environment ``env`` compiles of its conditional parts; modules
    that are read later get theirs then."""
    project.each_module(lambda module: _settle(module, project, config, env))


def _settle(module: Module, project: Project, config: Config, env: str) -> None:
    for form, name in list(module.unread):
        if name not in ("if", "unless") or not isinstance(form, ast.Call) or len(form.args) != 1:
            continue
        known = _known(form.args[0], module, project, config, env)
        if known is None:
            continue
        taken = form.sections.get("do" if known == (name == "if") else "else")
        module.unread.remove((form, name))
        read_forms(body(taken), module)
        for function in module.functions.values():
            # Clauses stand in the order of the source, wherever they are written.
            function.clauses.sort(key=lambda c: module.position(c.span))
    using.follow(module, project.module)


def _known(node: Node, module: Module, project: Project, config: Config, env: str) -> bool | None:
    written = _written_out(node, module, 0)
    settled = decide(written, env)
    if settled is not None:
        return settled
    written = ast.rewrite(written, lambda n: ast.Literal(n.span, Atom(env)) if is_env(n) else None)
    calls = [n for n in ast.walk(written) if isinstance(n, ast.Call | ast.FunCall | ast.Var)]
    if not calls or not all(_reads_setting(c, module) for c in calls):
        return None
    try:
        flows = Evaluator(project, config=config).eval_in(written, module)
    except (TooComplex, RecursionError):
        return None
    return truth(flows[0][1]) if len(flows) == 1 else None


def _written_out(node: Node, module: Module, depth: int) -> Node:
    """The condition with the module's attributes put in."""

    def change(inner: Node) -> Node | None:
        match inner:
            case ast.Attribute(name=name, value=None) if depth < _MAX_DEPTH:
                value = module.attribute(name, inner.span)
                return _written_out(value, module, depth + 1) if value is not None else None
        return None

    written: Node = ast.rewrite(node, change)
    return written


def _reads_setting(node: Node, module: Module) -> bool:
    match node:
        case ast.Call(target=ast.Alias(name=name), name=function, args=args):
            what = (module.expand(name, line=node.span.line), function)
            return (
                what[0] == "Application"
                and function.startswith("compile_env")
                and application_env.is_read(*what, len(args))
            )
        case ast.Call(target=None, name="is_nil" | "not" | "!"):
            return True
        case _:
            return False
