"""Stage 02: for each job whether it is pure SQL, with the evidence."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cronlift.ecto.macros
import cronlift.ecto.operations  # noqa: F401 - both are called late by elixir/repo.py
from cronlift import collector
from cronlift.ecto.database import database_of
from cronlift.ecto.nulls import refused_nulls
from cronlift.elixir import compile_time, sessions, surroundings
from cronlift.elixir import config as settings
from cronlift.elixir.catalogue import Catalogue
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.judge import Judgement, judge
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Span
from cronlift.elixir.trace import TooComplex
from cronlift.model.decision import Decisions
from cronlift.model.job import Inventory, Job
from cronlift.model.verdict import QUESTIONS, Classification, ClassifiedJob, Reason, Remark, Step
from cronlift.sources.starting import never_started
from cronlift.stages import decisions as deciding
from cronlift.stages import running
from cronlift.stages.called import Seen, look_into
from cronlift.stages.inventory import inventory as take_inventory
from cronlift.stages.noticed import contradictions


@dataclass(frozen=True, slots=True)
class _Around:
    """What is the same for every job: files that listen to Oban's events, implementations of protocols that have
    effects, what the repositories' sessions are told, and what of it a procedure sets for itself."""

    listeners: tuple[str, ...]
    hidden: list[surroundings.Hidden]
    told: list[Reason]
    carried: dict[str, sessions.Carried]


@collector.patient()
def classify(
    app: Path,
    env: str = "prod",
    *,
    decisions: Decisions | None = None,
    inventory: Inventory | None = None,
    catalogue: Catalogue | None = None,
    run_id: str = "",
    project: Project | None = None,
) -> Classification:
    """The verdict of every job of ``inventory`` (taken now where it is not given), decisions applied.

    ``project``: the application, where it has been opened already. Raises UsageError where ``app`` is not an
    application or a decision does not fit.
    """
    project = project or Project(app)
    found = inventory or take_inventory(app, env, project=project)
    config = settings.read_config(project, env)
    compile_time.settle_conditions(project, config, env)
    database_of(project, env)
    repositories = surroundings.repositories(project, config)
    listeners = tuple(project.mentioning("[:oban, :job"))
    hidden = surroundings.hidden_effects(project, catalogue)
    told = sessions.session_settings(project, config, repositories)
    around = _Around(listeners, hidden, told, sessions.carried(config, repositories))
    jobs = [_classified(project, config, repositories, job, catalogue, around) for job in found.jobs]
    if decisions is not None:
        jobs = deciding.apply(jobs, decisions)
    return Classification(run_id=run_id, app=found.app, env=env, jobs=tuple(jobs), not_analysed=found.not_analysed)


def _classified(
    project: Project,
    config: settings.Config,
    repositories: list[str],
    job: Job,
    catalogue: Catalogue | None,
    around: _Around,
) -> ClassifiedJob:
    if job.kind == "startup":
        why = Reason(
            code="startup", text="enqueued when the application starts, not by a schedule",
            file=job.config.file, line=job.config.line,
        )  # fmt: skip
        return ClassifiedJob(**dict(job), verdict="startup", reasons=(why,))
    evaluator = Evaluator(project, catalogue, config)
    sessions.take(evaluator.findings, around.told, around.carried)
    judgement, seen = _judged(project, evaluator, config, repositories, job, around.hidden)
    judgement.reasons += [*running.questions(job), *(r for r in around.told if r.code in QUESTIONS)]
    judgement.reasons += evaluator.findings.questions.values()
    noticed = [*contradictions(project, job, judgement.steps)]
    match never_started(project, config, job):
        case Reason() as reason:
            judgement.reasons.append(reason)
        case Remark() as remark:
            noticed.append(remark)
    code_hash = _code_hash(project, evaluator, job, judgement)
    return ClassifiedJob(
        **dict(job),
        verdict=judgement.verdict,
        reasons=tuple(judgement.reasons),
        effects=(*evaluator.findings.effects.values(), *seen.effects),
        steps=tuple(judgement.steps),
        statements=tuple(s.text for s in judgement.steps),
        losses=tuple(judgement.losses + running.losses(project, job, around.listeners))
        if judgement.verdict != "no_effect"
        else (),
        stays=tuple(judgement.stays),
        unwritten=tuple(f"{file}:{line}" for file, line in judgement.unwritten),
        remarks=(*seen.remarks, *noticed),
        code_hash=code_hash,
        session=evaluator.findings.session if judgement.steps else {},
    )


def _judged(
    project: Project,
    evaluator: Evaluator,
    config: settings.Config,
    repositories: list[str],
    job: Job,
    hidden: list[surroundings.Hidden],
) -> tuple[Judgement, Seen]:
    run = running.run_of(project, job)
    if isinstance(run, Reason):
        return Judgement("needs_review", [run]), Seen()
    for reason in running.doubts(job, run):
        evaluator.findings.problems[(reason.code, reason.file, reason.line)] = reason
    try:
        flows = evaluator.run(run.module, run.function, run.args)
        for callback in run.callbacks:
            if any(state.events for state, _ in evaluator.run(run.module, callback, run.args)):
                evaluator.problem("callback-sends-sql", f"{callback}/1 sends SQL of its own", run.module.span)
    except (TooComplex, RecursionError):
        flows = None
    surroundings.note_hidden(project, evaluator.findings, hidden)
    assert job.handler is not None
    entry = Span(run.module.file, 0, 0, job.handler.line, job.handler.line)
    first = repositories[0] if repositories else None
    columns = partial(database_of(project).column_type, first or "")
    seen = Seen()

    def called(steps: list[Step]) -> list[Reason]:
        nonlocal seen
        if not any(r.code == "other-engine" for r in evaluator.findings.problems.values()):
            seen = look_into(steps, database_of(project).routines)
        return [*seen.doubts, *refused_nulls(database_of(project), steps)]

    return judge(
        flows, evaluator.findings, entry, first, retried=run.retried, columns=columns, called=called,
    ), seen  # fmt: skip


def _code_hash(project: Project, evaluator: Evaluator, job: Job, judgement: Judgement) -> str:
    """SHA-256 over what a decision judges: the entry, every function on the job's path, what else the modules on it
    declare (attributes, uses, …), and the statements and reasons that came of it."""
    total = hashlib.sha256()
    entry = [job.worker, job.schedule, job.timezone, job.options.model_dump(mode="json")]
    outcome = [[s.text for s in judgement.steps], sorted({r.code for r in judgement.reasons})]
    total.update(json.dumps([entry, outcome], sort_keys=True).encode())
    for name in sorted(evaluator.findings.modules):
        total.update(_declarations(project, evaluator.findings.modules[name]))
    for file, start, end in sorted(evaluator.findings.visited):
        total.update(project.source(file)[start:end] + b"\0")
    return f"sha256:{total.hexdigest()}"


def _declarations(project: Project, module: Module) -> bytes:
    """A module's text without its functions, its documentation and its blank lines."""
    left_out = [c.span for f in module.functions.values() for c in f.clauses]
    left_out += [v.span for n in ("moduledoc", "doc", "spec", "impl") for _, v in module.attributes.get(n, [])]
    text, at = b"", module.span.start
    source = project.source(module.file)
    for span in sorted(left_out, key=lambda s: s.start):
        text += source[at : max(span.start, at)]
        at = max(at, span.end)
    return b"\n".join(line.strip() for line in (text + source[at : module.span.end]).splitlines() if line.strip())
