"""What surrounds a job in its application: the repositories, and the protocols whose implementations run without being
named."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cronlift.elixir import repo
from cronlift.elixir import syntax as ast
from cronlift.elixir.catalogue import Catalogue
from cronlift.elixir.config import Config
from cronlift.elixir.evaluator import Evaluator, Findings, Scope
from cronlift.elixir.judge import BLOCKING
from cronlift.elixir.library import functions_in, looped
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Span
from cronlift.elixir.trace import TooComplex
from cronlift.elixir.values import Function, Unknown, Value
from cronlift.model.verdict import Reason

_UNNAMED = ("String.Chars", "Inspect", "Enumerable", "Collectable")
# Words of the files whose modules say what a row's values become.
_FROM_ROWS = ("Ecto.Type", "Ecto.ParameterizedType", 'schema "', "embedded_schema", "typed_schema")


def repositories(project: Project, config: Config) -> list[str]:
    """``ecto_repos`` of the application's configuration; the first is the one plans are made for. Without that, the
    only repository there is; of several none counts as the first."""
    names: list[str] = []
    for setting in config.settings:
        if setting.key == "ecto_repos" and isinstance(setting.value, ast.List):
            names += [config.expand(i.name, i.span.file) for i in setting.value.items if isinstance(i, ast.Alias)]
    if names:
        return list(dict.fromkeys(names))
    found = [m.name for f in project.mentioning("Ecto.Repo") for m in project.modules_in(f) if repo.is_repo(m)]
    return found if len(found) < 2 else ["(none named in ecto_repos)", *found]


@dataclass(frozen=True, slots=True)
class Hidden:
    """An implementation of one of Elixir's own protocols that has effects, and the struct it is for."""

    protocol: str
    struct: str
    span: Span


def hidden_effects(project: Project, catalogue: Catalogue | None) -> list[Hidden]:
    """Effects of the application's own implementations of Elixir's protocols: string interpolation, ``inspect`` and
    ``Enum`` call them without naming them."""
    found = []
    for file in project.mentioning("defimpl"):
        for module in project.modules_in(file):
            if module.implements in _UNNAMED and _has_effects(Evaluator(project, catalogue), module):
                found.append(Hidden(module.implements, module.implemented_for, module.span))
    return found


def note_hidden(project: Project, findings: Findings, hidden: list[Hidden]) -> None:
    """A problem for each implementation that a value on the job's path may reach."""
    for one in hidden:
        if _may_come_by(project, findings, one.struct):
            text = f"the application's {one.protocol} has effects, wherever a value of its kind comes by"
            reason = Reason(code="protocol-effects", text=text, file=one.span.file, line=one.span.line)
            findings.problems[(reason.code, reason.file, reason.line)] = reason


def _may_come_by(project: Project, findings: Findings, struct: str) -> bool:
    """Whether the job may hold a value of that struct: its path goes through the struct's module or names it, or such a
    value can come from outside (a row: the struct is a schema, or a schema or type names it; the configuration)."""
    owner = project.module(struct) if struct else None
    if owner is None or owner.schema is not None or owner.name in findings.modules:
        return True
    if any(_names(project, module, struct) for module in findings.modules.values()):
        return True
    # The configuration may hold one; its last two parts stand together under any alias of the outer module.
    written = re.compile(rb"\b" + re.escape(".".join(struct.split(".")[-2:])).encode() + rb"\b")
    if any(written.search(project.readable(file)) for file in project.files(".exs") if "config" in file.split("/")):
        return True
    loading = [m for file in project.mentioning(*_FROM_ROWS) for m in project.modules_in(file)]
    return any(_names(project, module, struct) for module in loading if module.name != struct)


def _names(project: Project, module: Module, struct: str) -> bool:
    """Whether a module's source names the struct, under any alias of its own."""
    for node in ast.walk(project.tree(module.file)):
        if not module.span.start <= node.span.start <= module.span.end:
            continue
        match node:
            case ast.Alias(name=name) if struct in (name, module.expand(name, line=node.span.line)):
                return True
            case ast.Call(name="{}", target=ast.Alias(name=base), args=args):
                inner = [f"{module.expand(base)}.{a.name}" for a in args if isinstance(a, ast.Alias)]
                if struct in inner:
                    return True
    return False


def _has_effects(evaluator: Evaluator, module: Module) -> bool:
    for (name, arity), own in module.functions.items():
        if all(c.private for c in own.clauses):
            continue  # what calls it is looked at
        args: tuple[Value, ...] = (Unknown("a value"),) * arity
        if (module.implements, name, arity) == ("Enumerable", "reduce", 3):
            # The function is the caller's, which is looked at where it is written.
            args = (*args[:2], Function(capture=ast.Opaque(module.span, "charlist"), arity=2))
        try:
            flows = evaluator.run(module, name, args)
        except (TooComplex, RecursionError):
            return True
        given = [(state, f) for state, value in flows for f in functions_in(value)]
        for state, function in given:  # Collectable.into/1 answers with the function that collects
            flows += looped(evaluator, function, state, Scope(module), ast.Block(module.span, ()), Unknown("a value"))
        if any(state.events for state, _ in flows):
            return True
    effects = evaluator.findings.effects.values()
    return any(e.kind in (*BLOCKING, "sql") or (e.kind == "unknown" and "Inspect." not in e.what) for e in effects)
