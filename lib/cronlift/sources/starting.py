"""Whether the Oban instance that a crontab is configured for is started with that configuration.

Sources: oban lib/oban.ex (start_link/1, child_spec/1: what is started is what these get, and nothing else),
lib/oban.ex (``use Oban, otp_app: …`` reads the setting under the module's own name).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cronlift.elixir import syntax as ast
from cronlift.elixir.config import Config, Setting
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Atom, Node, Span
from cronlift.model.job import Job
from cronlift.model.verdict import Reason, Remark


@dataclass(frozen=True, slots=True)
class _Started:
    """Where a setting may be read from (``read``), and where an instance is started (``starts``)."""

    read: bool
    starts: tuple[Span, ...]


def never_started(project: Project, config: Config, job: Job) -> Reason | Remark | None:
    """Nothing in the application's code reads the setting that holds the job's entry: a question where Oban is seen to
    be started with other options, a remark where no start is in sight."""
    setting = _setting(project, config, job)
    if job.source != "oban" or job.kind != "cron" or setting is None or setting.key is None:
        return None
    memo = project.memo.setdefault("starting", {})
    assert isinstance(memo, dict)
    key = (setting.app, setting.key)
    if key not in memo:
        memo[key] = _look(project, setting.app, setting.key)
    found: _Started = memo[key]
    if found.read:
        return None
    file, line, unread = job.config.file, job.config.line, f"nothing reads `config :{setting.app}, {setting.key}`"
    if not found.starts:
        text = f"{unread}, and nothing in the application's own code starts Oban: the entry may never have run"
        return Remark(code="never-started", text=text, file=file, line=line)
    where = ", ".join(f"{s.file}:{s.line}" for s in found.starts)
    how = f"Oban is started with options of its own ({where})"
    text = f"{unread}, and {how}: the entry cannot have run, and would after a move"
    return Reason(code="never-started", text=text, file=file, line=line)


def _setting(project: Project, config: Config, job: Job) -> Setting | None:
    """The setting whose text holds the entry; None where the entry was taken out since."""
    worker = job.worker.rpartition(".")[2].encode()
    for setting in config.settings:
        value = setting.value.span
        if value.file == job.config.file and value.line <= job.config.line <= value.end_line:
            return setting if worker in project.readable(value.file)[value.start : value.end] else None
    return None


def _look(project: Project, app: str, key: str) -> _Started:
    short = key.rpartition(".")[2].encode()
    spoken = re.compile(
        rb"(?<!\w)(?:Oban|" + re.escape(short) + rb")(?=\s*(?:[,\])}]|do\b|end\b|else\b|$))"
        rb"|Oban\.(?:start_link|child_spec)\b|get_all_env|use\s+Oban\s*,", re.M,
    )  # fmt: skip
    starts: dict[Span, None] = {}
    for file in project.mentioning("Oban", key.rpartition(".")[2], "get_all_env"):
        text = project.readable(file)
        if not spoken.search(text):
            continue
        for module in project.modules_in(file):
            if module.name == key and any(u.module == "Oban" for u in module.uses):
                return _Started(True, ())
            nodes = list(_nodes(module, text, spoken))
            if any(_may_read(node, module, app, key) for node in nodes):
                return _Started(True, ())
            starts |= dict.fromkeys(_starts(nodes, module))
    return _Started(False, tuple(starts))


def _nodes(module: Module, text: bytes, spoken: re.Pattern[bytes]) -> Iterator[Node]:
    for function in module.functions.values():
        for clause in function.clauses:
            if spoken.search(text, clause.span.start, clause.span.end):
                yield from ast.walk(clause.sections or {})
    for values in module.attributes.values():
        for _, value in values:
            yield from ast.walk(value)


def _may_read(node: Node, module: Module, app: str, key: str) -> bool:
    """A call that has the setting's key among its arguments (``Application.get_env(:app, Oban)``, or a function of
    the application's own that does that), or that reads every setting of the application."""
    if not isinstance(node, ast.Call):
        return False
    target = module.expand(node.target.name) if isinstance(node.target, ast.Alias) else ""
    if target == "Application" and node.name == "get_all_env":
        return True
    if target in ("Oban", key) or node.name in ("{}", "alias"):
        return False
    if target == "Application" and node.args:
        first = node.args[0]
        other = isinstance(first, ast.Literal) and isinstance(first.value, Atom) and first.value.name != app
        if other:
            return False
        if len(node.args) > 1 and not isinstance(node.args[1], ast.Alias | ast.Literal):
            return True  # a key that is computed may be this one
    return any(isinstance(a, ast.Alias) and module.expand(a.name, line=a.span.line) == key for a in node.args)


def _starts(nodes: list[Node], module: Module) -> Iterator[Span]:
    """``Oban`` as a value (alone or in ``{Oban, options}``: a child), and ``Oban.start_link(options)``."""
    called: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Call):
            if isinstance(node.target, ast.Alias):
                called.add(id(node.target))
                if node.name in ("start_link", "child_spec") and _is_oban(node.target, module):
                    yield node.span
            called.update(id(a) for a in node.args)
    for node in nodes:
        if isinstance(node, ast.Alias) and id(node) not in called and _is_oban(node, module):
            yield node.span


def _is_oban(node: ast.Alias, module: Module) -> bool:
    return module.expand(node.name, line=node.span.line) == "Oban"
