"""One function of the application as SQL, or why not: the same reading as a job's, without the scheduler around it."""

from __future__ import annotations

import re
from pathlib import Path

from cronlift.elixir import config as settings
from cronlift.elixir import surroundings
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.judge import judge
from cronlift.elixir.project import Project
from cronlift.elixir.trace import TooComplex
from cronlift.elixir.values import Unknown
from cronlift.errors import UsageError
from cronlift.model.document import Document
from cronlift.model.verdict import Reason

_NAME = re.compile(r"(?P<module>[A-Z]\w*(?:\.[A-Z]\w*)*)\.(?P<function>[a-z_]\w*[?!]?)/(?P<arity>\d{1,2})")


class Translation(Document):
    """``statements`` in order, parameters resolved; empty where the function is not ``translatable``."""

    function: str
    translatable: bool
    statements: tuple[str, ...]
    reasons: tuple[Reason, ...]


def translate(app: Path, name: str, env: str = "prod") -> Translation:
    """Translate ``Module.function/arity``, its arguments unknown.

    Raises UsageError where the name is not of that form or the application has no such function.
    """
    match = _NAME.fullmatch(name)
    if not match:
        raise UsageError(f"not a function's name: {name}", do="write it as MyApp.Module.function/arity")
    project = Project(app)
    definitions = project.definitions(match["module"])
    arity = int(match["arity"])
    function = definitions[0].function(match["function"], arity) if len(definitions) == 1 else None
    if function is None:
        found = (
            f"{len(definitions)} modules of that name" if len(definitions) != 1 else "the module has no such function"
        )
        raise UsageError(
            f"{name} is not in the application: {found}", where=str(app), do="check the name and the arity"
        )
    config = settings.read_config(project, env)
    repositories = surroundings.repositories(project, config)
    evaluator = Evaluator(project)
    surroundings.session_settings(project, evaluator, config, repositories)
    try:
        flows = evaluator.run(definitions[0], match["function"], (Unknown("an argument"),) * arity)
    except (TooComplex, RecursionError):
        flows = None
    first = repositories[0] if repositories else None
    judgement = judge(flows, evaluator.findings, function.clauses[0].span, first, retried=False)
    translatable = judgement.verdict == "pure_sql"
    return Translation(
        function=name,
        translatable=translatable,
        statements=tuple(s.text for s in judgement.steps) if translatable else (),
        reasons=tuple(judgement.reasons),
    )
