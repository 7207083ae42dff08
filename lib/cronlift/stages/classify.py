"""Stage 02: for each job whether it is pure SQL, with the evidence."""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cronlift.elixir import config as settings
from cronlift.elixir import surroundings
from cronlift.elixir.catalogue import Catalogue
from cronlift.elixir.evaluator import Evaluator
from cronlift.elixir.judge import Judgement, judge
from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Span
from cronlift.elixir.trace import TooComplex
from cronlift.elixir.values import MapValue, Unknown, Value, atom, from_json_like
from cronlift.errors import UsageError
from cronlift.model.decision import Decisions
from cronlift.model.job import Inventory, Job
from cronlift.model.verdict import Classification, ClassifiedJob, Loss, Reason
from cronlift.schedule import next_source_firings
from cronlift.stages import decisions as deciding
from cronlift.stages.inventory import inventory as take_inventory

_SOME_DAY = datetime(2025, 1, 1, tzinfo=UTC)  # any day does, as long as it is always the same


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
    repositories = surroundings.repositories(project, config)
    listeners = tuple(project.mentioning("[:oban, :job"))
    hidden = surroundings.hidden_effects(project, catalogue)
    jobs = [_classified(project, config, repositories, job, catalogue, listeners, hidden) for job in found.jobs]
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
    hidden: list[Reason],
) -> ClassifiedJob:
    if job.kind == "startup":
        why = Reason(
            code="startup", text="enqueued when the application starts, not by a schedule",
            file=job.config.file, line=job.config.line,
        )  # fmt: skip
        return ClassifiedJob(**dict(job), verdict="startup", reasons=(why,))
    evaluator = Evaluator(project, catalogue)
    for reason in hidden:
        evaluator.findings.problems[(reason.code, reason.file, reason.line)] = reason
    judgement = _judged(project, evaluator, config, repositories, job)
    code_hash = _code_hash(project, evaluator, job, judgement)
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
    period = _unique_period(job)
    if period is not None and period >= _shortest_gap(job):
        text = f"unique: {job.options.unique} may skip ticks, which pg_cron would run"
        evaluator.problem("uniqueness-skips-ticks", text, place)
    for name in ("schedule_in", "scheduled_at", "state"):
        if name in job.options.other:
            evaluator.problem("entry-in-doubt", f"{name}: the job does not run at its tick", place)
    for note in job.notes:
        evaluator.problem("entry-in-doubt", note, place)
    if "args" in job.options.other or module.function("new", 1) or module.function("new", 2):
        return _unreadable("args-unknown", "what args the job gets is computed", place)
    if not any(u.module == "Oban.Worker" for u in module.uses):
        text = f"{job.worker} does not `use Oban.Worker` itself: what runs around perform/1 is not known"
        evaluator.problem("unknown-worker", text, module.span)
    if job.config.condition:
        text = f"the entry is only there if {job.config.condition}: whether it is must be said"
        evaluator.problem("conditional-entry", text, place)
    surroundings.session_settings(project, evaluator, config, repositories)
    try:
        flows = evaluator.run(module, "perform", (_job_value(job),))
        for callback in ("timeout", "backoff"):
            if module.function(callback, 1) and any(
                s.events for s, _ in evaluator.run(module, callback, (_job_value(job),))
            ):
                evaluator.problem("callback-sends-sql", f"{callback}/1 sends SQL of its own", module.span)
    except (TooComplex, RecursionError):
        flows = None
    entry = Span(module.file, 0, 0, job.handler.line, job.handler.line)
    retried = (job.options.max_attempts or 20) > 1
    return judge(flows, evaluator.findings, entry, repositories[0] if repositories else None, retried=retried)


def _unique_period(job: Job) -> float | None:
    """How long a job keeps later ones of its kind away, in seconds (oban lib/oban/job.ex, unique); None: not."""
    text = job.options.unique
    if text is None or text == "false":
        return None
    period = re.search(r"period:\s*([\d_]+)\s*(?:\]|,|$)", text)
    return float(period.group(1).replace("_", "")) if period else math.inf


def _shortest_gap(job: Job) -> float:
    """The shortest time between two ticks of a job, in seconds, over the next hundred of them."""
    if job.schedule is None:
        return math.inf
    try:
        ticks = next_source_firings(job.schedule, _SOME_DAY, 100, job.source, job.timezone)
    except UsageError:
        return 0.0
    return min(((b - a).total_seconds() for a, b in pairwise(ticks)), default=math.inf)


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
