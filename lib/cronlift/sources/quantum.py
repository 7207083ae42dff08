"""Quantum's jobs: ``jobs:`` of a scheduler's configuration, in each of its notations.

Sources: quantum-core lib/quantum/normalizer.ex (notations of a job, a schedule and a task), lib/quantum.ex (a
scheduler's options), pages/configuration.md. Every node's scheduler runs its own jobs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cronlift.elixir import config as settings
from cronlift.elixir import syntax as ast
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.errors import UsageError
from cronlift.model.job import ConfigEntry, Handler, Job, NotAnalysed, Options
from cronlift.schedule import zones
from cronlift.schedule.dialects import Fields, find
from cronlift.sources.crontab import Crontab, Entry, Unresolved, literal

_SCHEDULERS = ("Quantum", "Quantum.Scheduler")
_LAST_YEAR = 2037
_OPTIONS = ("overlap", "run_strategy", "state", "timezone", "name")


@dataclass(frozen=True, slots=True)
class _Scheduler:
    """A scheduler's name and its options as configured, with the file whose aliases count."""

    name: str
    options: ast.List
    condition: str | None
    file: str


@dataclass(frozen=True, slots=True)
class _Notation:
    """What one entry says: schedule, task, and its own options."""

    schedule: Node
    task: Node
    options: ast.List | None


def jobs(project: Project, env: str) -> tuple[list[Job], list[NotAnalysed]]:
    """Every job of every Quantum scheduler the application configures in ``env``."""
    config = settings.read_config(project, env)
    found: list[Job] = []
    missing: list[NotAnalysed] = []
    names = {module.name: use for module, use in _schedulers(project)}
    configured: set[str] = set()
    for scheduler in _configured(config, names):
        configured.add(scheduler.name)
        for entry in _entries(project, env, scheduler):
            job = _job(project, config, scheduler, entry) if isinstance(entry, Entry) else entry
            if isinstance(job, Job):
                found.append(job)
            else:
                missing.append(NotAnalysed(file=job.span.file, line=job.span.line, why=job.why))
    for name, span in names.items():
        if name not in configured:
            why = "a Quantum scheduler whose jobs are not in the configuration: they may be added by code"
            missing.append(NotAnalysed(file=span.file, line=span.line, why=why))
    missing += _added(project, names)
    return found, list(dict.fromkeys(missing))


def _schedulers(project: Project) -> Iterator[tuple[Module, Span]]:
    for file in project.mentioning("use Quantum"):
        for module in project.modules_in(file):
            for use in module.uses:
                if use.module in _SCHEDULERS:
                    yield module, use.span


def _configured(config: settings.Config, names: dict[str, Span]) -> Iterator[_Scheduler]:
    """Settings that hold ``jobs:`` under a scheduler's name (or, where its module is not in sight, with schedules)."""
    for setting in config.settings:
        value = setting.value
        jobs_node = ast.keyword(value, "jobs") if isinstance(value, ast.List) else None
        if jobs_node is None or not isinstance(value, ast.List) or setting.key is None:
            continue
        if setting.key in names or (setting.key[:1].isupper() and _has_schedules(jobs_node)):
            yield _Scheduler(setting.key, value, setting.condition, setting.span.file)


def _has_schedules(node: Node) -> bool:
    for item in node.items if isinstance(node, ast.List) else ():
        if isinstance(item, ast.Tuple) and isinstance(item.items[0], ast.Text) and len(item.items) == 2:
            return isinstance(item.items[1], ast.Tuple | ast.Capture | ast.Fn)
    return False


def _added(project: Project, names: dict[str, Span]) -> Iterator[NotAnalysed]:
    """Jobs that code adds while the application runs."""
    shorts = {name.rpartition(".")[2] for name in names}
    for file in project.mentioning(*(f"{s}.add_job" for s in shorts)) if shorts else ():
        for node in ast.walk(project.tree(file)):
            if isinstance(node, ast.Call) and node.name == "add_job" and isinstance(node.target, ast.Alias):
                why = "a Quantum job that code adds while the application runs"
                yield NotAnalysed(file=file, line=node.span.line, why=why)


def _entries(project: Project, env: str, scheduler: _Scheduler) -> Iterator[Entry | Unresolved]:
    node = ast.keyword(scheduler.options, "jobs")
    assert node is not None
    items = node.items if isinstance(node, ast.List) and node.tail is None else (node,)
    for item in items:
        whole = item if isinstance(node, ast.List) else None
        if isinstance(whole, ast.List) and ast.keyword(whole, "schedule") is not None:
            yield Entry(ast.Tuple(whole.span, (ast.Literal(whole.span, None), whole)), scheduler.condition)
            continue
        part = ast.List(item.span, (item,)) if whole is not None else item
        yield from Crontab(project, env).entries(part, scheduler.condition)


def _notation(entry: ast.Tuple) -> _Notation | None:
    """The notations of lib/quantum/normalizer.ex: ``{schedule, task}``, ``{schedule, task, options}``, ``{name,
    options}`` and the options alone."""
    first, second, *rest = entry.items
    options = rest[0] if rest else None
    if isinstance(second, ast.List):
        schedule, task = ast.keyword(second, "schedule"), ast.keyword(second, "task")
        return _Notation(schedule, task, second) if schedule and task else None
    if options is not None and not isinstance(options, ast.List):
        return None
    return _Notation(first, second, options)


def _job(project: Project, config: settings.Config, scheduler: _Scheduler, entry: Entry) -> Job | Unresolved:
    span = entry.node.span
    notation = _notation(entry.node)
    if notation is None:
        return Unresolved(span, "a Quantum job without schedule and task")
    schedule = _schedule(notation.schedule)
    if schedule is None:
        return Unresolved(span, "the job's schedule is computed, or counts seconds")
    task = _task(notation.task)
    if task is None:
        return Unresolved(span, "the job's task is a function of its own, which is not followed")
    owner, function, arguments = task
    module_name = _expand(project, config, owner, span)
    zone = _zone(scheduler, notation)
    if zone is None:
        return Unresolved(span, "the job's time zone is computed")
    options, other = _options(project, scheduler, notation)
    args: dict[str, object] = {}
    try:
        values = [literal(a) for a in arguments]
        if any(isinstance(n, ast.Literal) and isinstance(n.value, Atom) for n in ast.walk(arguments)):
            raise ValueError("an atom among the arguments")
        args = {"arguments": values} if values else {}
    except ValueError:
        other["args"] = settings.text_of(notation.task, project.source(notation.task.span.file))
    module = project.module(module_name)
    delegate = module.delegates.get((function, len(arguments))) if module else None
    name = delegate.as_name if delegate else function
    module = project.module(delegate.to) if delegate else module
    found = module.function(name, len(arguments)) if module else None
    handler = None
    if module and found:
        line = found.clauses[0].span.line
        handler = Handler(module=module.name, function=name, arity=len(arguments), file=module.file, line=line)
    worker = f"{module_name}.{function}/{len(arguments)}"
    place = ConfigEntry(file=span.file, line=span.line, end_line=span.end_line, condition=entry.condition)
    return Job(
        id=f"quantum:{worker}", source="quantum", schedule=schedule, timezone=zone, worker=worker, handler=handler,
        config=place, instance=scheduler.name, options=Options(args=args, other=other),
        notes=tuple(_doubts(options, zone, schedule)),
    )  # fmt: skip


def _schedule(node: Node) -> str | None:
    """A string, ``{:cron, string}``, ``{:extended, string}`` at second 0, or the sigil ``~e[…]``."""
    match node:
        case ast.Text(parts=(str(text),)):
            return text
        case ast.Tuple(items=(ast.Literal(value=Atom(name="cron")), ast.Text(parts=(str(text),)))):
            return text
        case ast.Tuple(items=(ast.Literal(value=Atom(name="extended")), ast.Text(parts=(str(text),)))):
            return text.removeprefix("0 ") if text.startswith("0 ") else None
        case ast.Opaque(what="~e", text=str(text)) if not re.search(r"[LW]", text):  # a sigil keeps its capitals
            return text
        case _:
            return None


def _task(node: Node) -> tuple[str, str, tuple[Node, ...]] | None:
    """``{Module, :function, [arguments]}``, ``&Module.function/0``, or ``fn -> Module.function(arguments) end``."""
    match node:
        case ast.Tuple(items=(ast.Alias(name=name), ast.Literal(value=Atom(name=function)), ast.List(items=args))):
            return name, function, args
        case ast.Capture(
            body=ast.Binary(
                op="/", left=ast.Call(target=ast.Alias(name=name), name=function), right=ast.Literal(value=0)
            )
        ):
            return name, function, ()
        case ast.Fn(
            clauses=(ast.Clause(patterns=(), body=ast.Block(body=(ast.Call(target=ast.Alias(name=name)) as call,))),)
        ):
            return (name, call.name, call.args) if not call.sections else None
        case _:
            return None


def _expand(project: Project, config: settings.Config, name: str, span: Span) -> str:
    """A module's name with the aliases of the file it stands in."""
    for module in project.modules_in(span.file) if span.file.endswith(".ex") else ():
        if module.span.start <= span.start <= module.span.end:
            return module.expand(name, line=span.line)
    return config.expand(name, span.file)


def _zone(scheduler: _Scheduler, notation: _Notation) -> str | None:
    for options in (notation.options, scheduler.options):
        node = ast.keyword(options, "timezone")
        match node:
            case None:
                continue
            case ast.Text(parts=(str(zone),)):
                return zone
            case ast.Literal(value=Atom(name="utc")):
                return "Etc/UTC"
            case _:
                return None
    return "Etc/UTC"


def _options(project: Project, scheduler: _Scheduler, notation: _Notation) -> tuple[dict[str, Node], dict[str, str]]:
    """The job's options over the scheduler's, as nodes and as source text."""
    nodes: dict[str, Node] = {}
    for options in (scheduler.options, notation.options):
        for name in _OPTIONS:
            if (node := ast.keyword(options, name)) is not None:
                nodes[name] = node
    texts = {name: settings.text_of(node, project.source(node.span.file)) for name, node in nodes.items()}
    return nodes, texts


def _doubts(options: dict[str, Node], zone: str, schedule: str) -> Iterator[str]:
    state = options.get("state")
    if state is not None and not (isinstance(state, ast.Literal) and state.value == Atom("active")):
        yield "state: the job is not active, or whether it is is computed"
    try:
        clock = zones.clock(zone, _LAST_YEAR)
    except UsageError:
        yield f"the time zone {zone} is not known"
        return
    if not clock.fixed and _times(schedule) & zones.unusual_times(clock, zones.FIRST_YEAR):
        yield (
            f"{zone} changes its clocks: whether Quantum runs a job of a skipped or repeated hour depends on the "
            "version of its crontab library"
        )


def _times(schedule: str) -> int:
    """The minutes of a day at which the schedule fires, as bits; every one where that is not known."""
    try:
        parsed = find("quantum").parse(schedule)
    except UsageError:
        return -1
    return parsed.firing_set().times if isinstance(parsed, Fields) else -1
