"""Stage 02: for each job whether it is pure SQL, with the evidence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from cronlift.elixir import config as settings
from cronlift.elixir import syntax as ast
from cronlift.elixir.catalogue import Catalogue
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.judge import Judgement, judge
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Span
from cronlift.elixir.trace import TooComplex
from cronlift.elixir.values import MapValue, Unknown, Value, atom, from_json_like
from cronlift.model.decision import Decisions
from cronlift.model.job import Inventory, Job
from cronlift.model.verdict import Classification, ClassifiedJob, Loss, Reason
from cronlift.stages import decisions as deciding
from cronlift.stages.inventory import inventory as take_inventory

# What a session is told before it runs a statement: the SQL alone no longer says what it does.
_SESSION_KEYS = ("after_connect", "parameters", "prepare_query", "default_options")


def classify(
    app: Path,
    env: str = "prod",
    *,
    decisions: Decisions | None = None,
    inventory: Inventory | None = None,
    catalogue: Catalogue | None = None,
    run_id: str = "",
) -> Classification:
    """The verdict of every job of ``inventory`` (taken now where it is not given), decisions applied.

    Raises UsageError where ``app`` is not an application or a decision does not fit.
    """
    found = inventory or take_inventory(app, env)
    project = Project(app)
    config = settings.read_config(project, env)
    repositories = _repositories(config)
    listeners = tuple(project.mentioning("[:oban, :job"))
    jobs = [_classified(project, config, repositories, job, catalogue, listeners) for job in found.jobs]
    if decisions is not None:
        jobs = deciding.apply(jobs, decisions)
    return Classification(run_id=run_id, app=found.app, env=env, jobs=tuple(jobs), not_analysed=found.not_analysed)


def _classified(
    project: Project,
    config: settings.Config,
    repositories: list[str],
    job: Job,
    catalogue: Catalogue | None,
    listeners: tuple[str, ...],
) -> ClassifiedJob:
    if job.kind == "startup":
        why = Reason(
            code="startup", text="enqueued when the application starts, not by a schedule",
            file=job.config.file, line=job.config.line,
        )  # fmt: skip
        return ClassifiedJob(**dict(job), verdict="startup", reasons=(why,))
    evaluator = Evaluator(project, catalogue)
    judgement = _judged(project, evaluator, config, repositories, job)
    code_hash = _code_hash(project, evaluator, job)
    return ClassifiedJob(
        **dict(job),
        verdict=judgement.verdict,
        reasons=tuple(judgement.reasons),
        effects=tuple(evaluator.findings.effects.values()),
        steps=tuple(judgement.steps),
        statements=tuple(s.text for s in judgement.steps),
        losses=tuple(judgement.losses + _option_losses(project, job, listeners))
        if judgement.verdict != "no_effect"
        else (),
        stays=tuple(judgement.stays),
        code_hash=code_hash,
    )


def _judged(
    project: Project, evaluator: Evaluator, config: settings.Config, repositories: list[str], job: Job
) -> Judgement:
    place = Span(job.config.file, 0, 0, job.config.line, job.config.end_line)
    definitions = project.definitions(job.worker)
    if len(definitions) != 1 or job.handler is None:
        why = {0: "is not defined in the application", 1: "defines no perform/1 where cronlift can see it"}.get(
            len(definitions), "is defined more than once"
        )
        return _unreadable("worker-not-found", f"the worker {job.worker} {why}", place)
    module = definitions[0]
    if "args" in job.options.other:
        return _unreadable("args-unknown", "the entry's args are computed", place)
    if not any(u.module == "Oban.Worker" for u in module.uses):
        text = f"{job.worker} does not `use Oban.Worker` itself: what runs around perform/1 is not known"
        evaluator.problem("unknown-worker", text, module.span)
    if job.config.condition:
        text = f"the entry is only there if {job.config.condition}: whether it is must be said"
        evaluator.problem("conditional-entry", text, place)
    _session_settings(evaluator, config, repositories)
    try:
        flows = evaluator.run(module, "perform", (_job_value(job),))
    except TooComplex:
        flows = None
    except RecursionError:
        flows = None
    entry = Span(module.file, 0, 0, job.handler.line, job.handler.line)
    return judge(flows, evaluator.findings, entry, repositories[0] if repositories else None)


def _unreadable(code: str, text: str, span: Span) -> Judgement:
    return Judgement("needs_review", [Reason(code=code, text=text, file=span.file, line=span.line)])


def _job_value(job: Job) -> Value:
    """The ``%Oban.Job{}`` a tick hands to perform: its args are known, as they come back from JSON."""
    known = {"args": from_json_like(job.options.args), "worker": from_json_like(job.worker)}
    pairs = [(atom(k), v) for k, v in known.items()]
    fields = ("id", "attempt", "meta", "inserted_at", "scheduled_at", "attempted_at", "max_attempts", "priority",
              "queue", "state", "errors", "tags", "conf", "unique")  # fmt: skip
    pairs += [(atom(name), Unknown("the job's record")) for name in fields]
    return MapValue(tuple(pairs), struct="Oban.Job", open=True)


def _repositories(config: settings.Config) -> list[str]:
    """``ecto_repos`` of the application's configuration; the first is the one plans are made for."""
    names: list[str] = []
    for setting in config.settings:
        if setting.key == "ecto_repos" and isinstance(setting.value, ast.List):
            names += [config.expand(i.name, i.span.file) for i in setting.value.items if isinstance(i, ast.Alias)]
    return names


def _session_settings(evaluator: Evaluator, config: settings.Config, repositories: list[str]) -> None:
    """Settings every session of a repository gets make a statement mean something else: they must be looked at."""
    for setting in config.settings:
        if setting.key in repositories and isinstance(setting.value, ast.List):
            for name in _SESSION_KEYS:
                node = ast.keyword(setting.value, name)
                if node is not None:
                    text = f"the repository's sessions are changed when they open ({name}:)"
                    evaluator.problem("session-settings", text, node.span)


def _option_losses(project: Project, job: Job, listeners: tuple[str, ...]) -> list[Loss]:
    """What Oban did around the job and pg_cron will not (oban lib/oban/job.ex, lib/oban/worker.ex)."""

    def loss(code: str, text: str) -> Loss:
        return Loss(code=code, text=text, file=job.config.file, line=job.config.line)

    module = project.module(job.worker)
    attempts = job.options.max_attempts or 20
    losses = []
    if attempts > 1:
        losses.append(loss("retries", f"a failed run was tried up to {attempts} times"))
    if job.options.unique:
        losses.append(loss("uniqueness", f"unique: {job.options.unique}"))
    if module and module.function("timeout", 1):
        losses.append(loss("job-timeout", "the worker's timeout/1 ended a run that took too long"))
    for file in listeners:
        losses.append(loss("oban-events", f"{file} listens to Oban's job events, which no longer come"))
    losses.append(loss("overlap", "runs could overlap; pg_cron queues a run behind the one before"))
    return losses


def _code_hash(project: Project, evaluator: Evaluator, job: Job) -> str:
    """SHA-256 over the entry's meaning and the text of every function on the job's path."""
    total = hashlib.sha256()
    entry = [job.worker, job.schedule, job.timezone, job.options.model_dump(mode="json")]
    total.update(json.dumps(entry, sort_keys=True).encode())
    for file, start, end in sorted(evaluator.findings.visited):
        total.update(file.encode() + b"\0" + project.source(file)[start:end] + b"\0")
    return f"sha256:{total.hexdigest()}"
