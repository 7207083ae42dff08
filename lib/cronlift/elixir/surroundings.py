"""What surrounds a job in its application: the repositories and what their sessions are told, and the protocols
whose implementations run without being named."""

from __future__ import annotations

from cronlift.elixir import repo
from cronlift.elixir import syntax as ast
from cronlift.elixir.catalogue import Catalogue
from cronlift.elixir.config import Config
from cronlift.elixir.evaluator import Evaluator, Scope
from cronlift.elixir.judge import BLOCKING
from cronlift.elixir.library import functions_in, looped
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.trace import TooComplex
from cronlift.elixir.values import Unknown
from cronlift.model.verdict import Reason

_SESSION_WORDS = ("after_connect", "parameters:")


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


def session_settings(project: Project, config: Config, names: list[str]) -> list[Reason]:
    """Settings every session of a repository gets make a statement mean something else: they must be looked at."""
    places = [s.value for s in config.settings if s.key in names or s.key == "?"]
    places += config.unfollowed  # whose settings these are is not known
    for file in project.mentioning(*_SESSION_WORDS):
        source = project.source(file)
        for module in project.modules_in(file):
            clauses = [c for f in module.functions.values() for c in f.clauses]
            naming = [
                c for c in clauses if any(w.encode() in source[c.span.start : c.span.end] for w in _SESSION_WORDS)
            ]
            for node in ast.walk([c.sections for c in naming]):
                match node:
                    case ast.Tuple(items=(ast.Alias(name=name), options)):
                        places += [options] if module.expand(name) in names else []
                    case ast.Call(target=ast.Alias(name=name), name="start_link", args=args):
                        places += args if module.expand(name) in names else ()
    found = []
    for place in places:
        for node in ast.walk(place):
            if isinstance(node, ast.Tuple) and node.items and repo.session_setting(node.items[0]):
                if len(node.items) == 2 and _harmless_parameters(node.items[1]):
                    continue
                text = "the repository's sessions are changed when they open"
                found.append(Reason(code="session-settings", text=text, file=node.span.file, line=node.span.line))
    return found


def _harmless_parameters(node: ast.Node) -> bool:
    """Session parameters that say nothing about what a statement means."""
    if not isinstance(node, ast.List):
        return False
    return all(isinstance(i, ast.Tuple) and _harmless_name(i.items[0]) for i in node.items)


def _harmless_name(node: ast.Node) -> bool:
    if not isinstance(node, ast.Literal) or not isinstance(node.value, ast.Atom):
        return False
    return node.value.name == "application_name" or node.value.name.startswith("tcp_")


def hidden_effects(project: Project, catalogue: Catalogue | None) -> list[Reason]:
    """Effects of the application's own implementations of Elixir's protocols: string interpolation, ``inspect`` and
    ``Enum`` call them without naming them."""
    found = []
    for file in project.mentioning("defimpl"):
        for module in project.modules_in(file):
            unnamed = module.implements in ("String.Chars", "Inspect", "Enumerable", "Collectable")
            if unnamed and _has_effects(Evaluator(project, catalogue), module):
                text = f"the application's {module.implements} has effects, wherever a value of its kind comes by"
                found.append(Reason(code="protocol-effects", text=text, file=file, line=module.span.line))
    return found


def _has_effects(evaluator: Evaluator, module: Module) -> bool:
    for name, arity in module.functions:
        try:
            flows = evaluator.run(module, name, (Unknown("a value"),) * arity)
        except (TooComplex, RecursionError):
            return True
        given = [(state, f) for state, value in flows for f in functions_in(value)]
        for state, function in given:  # Collectable.into/1 answers with the function that collects
            flows += looped(evaluator, function, state, Scope(module), ast.Block(module.span, ()), Unknown("a value"))
        if any(state.events for state, _ in flows):
            return True
    effects = evaluator.findings.effects.values()
    return any(e.kind in (*BLOCKING, "sql") or (e.kind == "unknown" and "Inspect." not in e.what) for e in effects)
