"""One function of the application as SQL, or why not: the same reading as a job's, without the scheduler around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cronlift.ecto.database import database_of
from cronlift.ecto.nulls import refused_nulls
from cronlift.elixir import compile_time, sessions, surroundings
from cronlift.elixir import config as settings
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.judge import judge
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Span
from cronlift.elixir.trace import TooComplex
from cronlift.elixir.values import Unknown, Value
from cronlift.elixir.worker import job_value
from cronlift.errors import UsageError
from cronlift.model.document import Document
from cronlift.model.job import Inventory
from cronlift.model.verdict import QUESTIONS, Reason, Step
from cronlift.stages.called import look_into
from cronlift.stages.inventory import inventory as take_inventory

_NAME = re.compile(r"(?P<module>[A-Z]\w*(?:\.[A-Z]\w*)*)\.(?P<function>[a-z_]\w*[?!]?)/(?P<arity>\d{1,2})")


class Translation(Document):
    """``statements`` in order, parameters resolved; empty where the function is not ``translatable``."""

    function: str
    translatable: bool
    statements: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """An application read once, for translating one function of it or many."""

    project: Project
    config: settings.Config
    repositories: list[str]
    inventory: Inventory


def read(app: Path, env: str = "prod") -> Reading:
    """Read the application. Raises UsageError where ``app`` is none."""
    project = Project(app)
    config = settings.read_config(project, env)
    compile_time.settle_conditions(project, config, env)
    database_of(project, env)
    return Reading(project, config, surroundings.repositories(project, config), take_inventory(app, env))


def translate(app: Path, name: str, env: str = "prod") -> Translation:
    """Translate ``Module.function/arity``, its arguments unknown; a worker's ``perform/1`` gets the job that its
    crontab entry makes, or one without args where it has no entry.

    Raises UsageError where the name is not of that form or the application has no such function.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"not a function's name: {name}", do="write it as MyApp.Module.function/arity")
    return translate_in(read(app, env), name)


def translate_in(reading: Reading, name: str) -> Translation:
    """``translate`` for an application that is read already."""
    match = _NAME.fullmatch(name)
    if not match:
        raise UsageError(f"not a function's name: {name}", do="write it as MyApp.Module.function/arity")
    project = reading.project
    definitions = project.definitions(match["module"])
    arity = int(match["arity"])
    function = definitions[0].function(match["function"], arity) if len(definitions) == 1 else None
    if function is None:
        found = {0: "it has no module of that name", 1: "the module has no such function"}.get(
            len(definitions), f"it has {len(definitions)} modules of that name"
        )
        unread = "".join(f"; not read: {file}: {why}" for file, why in sorted(project.problems.items())[:3])
        raise UsageError(
            f"{name} is not in the application: {found}{unread}",
            where=str(project.root),
            do="check the name and the arity",
        )
    evaluator = Evaluator(project, config=reading.config)
    told = sessions.session_settings(project, reading.config, reading.repositories)
    told += _carried(sessions.carried(reading.config, reading.repositories), definitions[0].span)
    sessions.take(evaluator.findings, told, {})
    arguments = _arguments(reading.inventory, definitions[0], match["function"], arity)
    try:
        flows = evaluator.run(definitions[0], match["function"], arguments)
    except (TooComplex, RecursionError):
        flows = None
    first = reading.repositories[0] if reading.repositories else None
    columns = partial(database_of(project).column_type, first or "")
    place = function.clauses[0].span

    def called(steps: list[Step]) -> list[Reason]:
        database = database_of(project)
        return [*look_into(steps, database.routines).doubts, *refused_nulls(database, steps)]

    judgement = judge(flows, evaluator.findings, place, first, retried=False, columns=columns, called=called)
    # What is sent in turns is no list of statements: `generate` writes the loop into a procedure.
    # Nor does one by itself carry settings: what it means must not hang on the session it is sent in.
    zoned = any(code == "session-time-zone" for code, _, _ in evaluator.findings.questions)
    translatable = judgement.verdict == "pure_sql" and not zoned and not any(s.turn for s in judgement.steps)
    return Translation(
        function=name,
        translatable=translatable,
        statements=tuple(s.text for s in judgement.steps) if translatable else (),
        reasons=(
            *evaluator.findings.questions.values(),
            *(r for r in judgement.reasons if not (zoned and r.code == "only-sql")),
            *(r for r in told if r.code in QUESTIONS),
        ),
    )


def _carried(settings_: dict[str, sessions.Carried], span: Span) -> list[Reason]:
    """A statement by itself cannot make settings: those that a procedure would make are said."""
    names = ", ".join(settings_)
    text = f"the repository's sessions set {names}, which statements may depend on"
    return [Reason(code="session-settings", text=text, file=span.file, line=span.line)] if settings_ else []


def _arguments(inventory: Inventory, module: Module, function: str, arity: int) -> tuple[Value, ...]:
    unknown: tuple[Value, ...] = (Unknown("an argument"),) * arity
    if (function, arity) != ("perform", 1) or not any(u.module == "Oban.Worker" for u in module.uses):
        return unknown
    entries = [j for j in inventory.jobs if j.worker == module.name]
    if any("args" in j.options.other for j in entries):
        return unknown
    given = [j.options.args for j in entries] or [{}]
    return (job_value(module.name, given[0]),) if all(a == given[0] for a in given) else unknown
