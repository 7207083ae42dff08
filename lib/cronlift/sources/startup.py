"""Jobs enqueued at boot: listed with kind ``startup`` and never scheduled.

Boot is what ``start/2`` of the application's callback module reaches: the functions it calls, and the start
functions of the processes it names (elixir lib/application.ex, lib/supervisor.ex).
"""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Function, Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Span
from cronlift.model.job import ConfigEntry, Handler, Job, NotAnalysed
from cronlift.sources.oban import worker_options

_STARTERS = (("start_link", 1), ("init", 1), ("handle_continue", 2), ("run", 0), ("run", 1), ("child_spec", 1))
_MAX_FUNCTIONS = 400


def jobs(project: Project, env: str) -> tuple[list[Job], list[NotAnalysed]]:
    """Every worker enqueued on the way of the application's start."""
    found: dict[str, Job] = {}
    for module in _application_modules(project):
        for worker, span in _enqueued(project, module):
            if worker.name not in found:
                found[worker.name] = _job(project, worker, span)
    return list(found.values()), []


def enqueues(project: Project, workers: set[str]) -> dict[str, list[Span]]:
    """Where the application's code builds jobs for these workers (``Worker.new``), crontab entries left out."""
    found: dict[str, list[Span]] = {}
    names = {w.rpartition(".")[2] for w in workers}
    for file in project.calling("new", names):
        for module in project.modules_in(file):
            for function in module.functions.values():
                for worker, span in _news(project, module, function):
                    if worker.name in workers:
                        found.setdefault(worker.name, []).append(span)
    return found


def _application_modules(project: Project) -> Iterator[Module]:
    for file in project.mentioning("use Application"):
        for module in project.modules_in(file):
            if any(u.module == "Application" for u in module.uses):
                yield module


def _enqueued(project: Project, start: Module) -> Iterator[tuple[Module, Span]]:
    first = start.function("start", 2)
    queue: list[tuple[Module, Function]] = [(start, first)] if first else []
    seen: set[tuple[str, str, int]] = set()
    while queue and len(seen) < _MAX_FUNCTIONS:
        module, function = queue.pop(0)
        key = (module.name, function.name, function.arity)
        if key in seen:
            continue
        seen.add(key)
        yield from _news(project, module, function)
        queue.extend(_reached(project, module, function))


def _news(project: Project, module: Module, function: Function) -> Iterator[tuple[Module, Span]]:
    """``Worker.new(…)`` calls in a function's body."""
    for node in ast.walk([c.sections for c in function.clauses]):
        if isinstance(node, ast.Call) and node.name == "new" and isinstance(node.target, ast.Alias):
            worker = project.module(module.expand(node.target.name))
            if worker and any(u.module == "Oban.Worker" for u in worker.uses):
                yield worker, node.span


def _reached(project: Project, module: Module, function: Function) -> Iterator[tuple[Module, Function]]:
    """Functions a body calls or captures, and the start functions of modules it names as values."""
    for node in ast.walk([c.sections for c in function.clauses]):
        if isinstance(node, ast.Call | ast.Var):
            args = len(node.args) if isinstance(node, ast.Call) else 0
            target = node.target if isinstance(node, ast.Call) else None
            owner = project.module(module.expand(target.name)) if isinstance(target, ast.Alias) else module
            found = owner.function(node.name, args) if owner and (target is None or owner) else None
            if owner and found:
                yield owner, found
        elif isinstance(node, ast.Alias):
            child = project.module(module.expand(node.name))
            for name, arity in _STARTERS if child else ():
                assert child is not None
                starter = child.function(name, arity)
                if starter:
                    yield child, starter


def _job(project: Project, worker: Module, span: Span) -> Job:
    perform = worker.function("perform", 1)
    line = perform.clauses[0].span.line if perform else worker.span.line
    return Job(
        id=f"startup:{worker.name}",
        source="oban",
        kind="startup",
        schedule=None,
        worker=worker.name,
        handler=Handler(module=worker.name, function="perform", arity=1, file=worker.file, line=line),
        config=ConfigEntry(file=span.file, line=span.line, end_line=span.end_line),
        options=worker_options(project, worker, None),
    )
