"""How a scheduler runs a job: the function a tick calls, what around it may change that, and what is lost with it.

Sources: oban lib/oban/worker.ex, lib/oban/job.ex; quantum-core lib/quantum/executor.ex, lib/quantum/run_strategy.ex.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from cronlift.elixir.modules import Module
from cronlift.elixir.project import Project
from cronlift.elixir.syntax import Span
from cronlift.elixir.values import Value, from_json_like
from cronlift.elixir.worker import job_value
from cronlift.errors import UsageError
from cronlift.model.job import Job
from cronlift.model.verdict import Loss, Reason
from cronlift.schedule import next_source_firings
from cronlift.sources import uniqueness

_SOME_DAY = datetime(2025, 1, 1, tzinfo=UTC)  # any day does, as long as it is always the same
_CALLBACKS = ("timeout", "backoff")


@dataclass(frozen=True, slots=True)
class Run:
    """What a tick calls: ``module.function(args)``, ``callbacks`` beside it, and whether a failure is run again."""

    module: Module
    function: str
    args: tuple[Value, ...]
    callbacks: tuple[str, ...] = ()
    retried: bool = False


def place(job: Job) -> Span:
    """Where the job's entry stands, as a span (its bytes are not known)."""
    return Span(job.config.file, 0, 0, job.config.line, job.config.end_line)


def run_of(project: Project, job: Job) -> Run | Reason:
    """What a tick of the job calls, or why that is not known."""
    owner = job.handler.module if job.handler else job.worker.partition("/")[0]
    owner = owner.rpartition(".")[0] if job.source == "quantum" and job.handler is None else owner
    definitions = project.definitions(owner)
    if len(definitions) != 1 or job.handler is None:
        what = "no perform/1" if job.source == "oban" else "no such function"
        why = {0: "is not defined in the application", 1: f"defines {what} where cronlift can see it"}
        words = why.get(len(definitions), "is defined more than once")
        return _reason("worker-not-found", f"the worker {owner} {words}", job)
    module = definitions[0]
    if job.source == "quantum":
        return _quantum_run(module, job)
    if "args" in job.options.other or module.function("new", 1) or module.function("new", 2):
        return _reason("args-unknown", "what args the job gets is computed", job)
    callbacks = tuple(name for name in _CALLBACKS if module.function(name, 1))
    retried = (job.options.max_attempts or 20) > 1
    return Run(module, "perform", (job_value(job.worker, job.options.args),), callbacks, retried)


def _quantum_run(module: Module, job: Job) -> Run | Reason:
    assert job.handler is not None
    if "args" in job.options.other:
        return _reason("args-unknown", "what arguments the job gets is computed", job)
    function = module.function(job.handler.function, job.handler.arity)
    if function is None or all(c.private for c in function.clauses):
        return _reason("worker-not-found", f"{job.worker} is private: every run of it fails", job)
    args = tuple(from_json_like(a) for a in job.options.args.get("arguments", ()))
    return Run(module, job.handler.function, args)


def doubts(job: Job, run: Run) -> Iterator[Reason]:
    """What the entry and its options say against the job simply running at its ticks."""
    period = _unique_period(job)
    if period is not None and period >= _shortest_gap(job):
        text = f"unique: {job.options.unique} may skip ticks, which pg_cron would run"
        yield _reason("uniqueness-skips-ticks", text, job)
    for name in ("schedule_in", "scheduled_at", "state") if job.source == "oban" else ():
        if name in job.options.other:
            yield _reason("entry-in-doubt", f"{name}: the job does not run at its tick", job)
    for note in job.notes:
        yield _reason("entry-in-doubt", note, job)
    if job.source == "oban" and not any(u.module == "Oban.Worker" for u in run.module.uses):
        text = f"{job.worker} does not `use Oban.Worker` itself: what runs around perform/1 is not known"
        yield _reason("unknown-worker", text, job, run.module.span)
    if job.source == "oban" and any(u.module == "Oban.Worker" and u.computed for u in run.module.uses):
        text = f"the options of {job.worker} are computed: they may make it unique or delay it"
        yield _reason("entry-in-doubt", text, job, run.module.span)


def questions(job: Job) -> Iterator[Reason]:
    """What only the deployment knows, and somebody must say before the job moves; what the job does is the same."""
    if job.config.condition:
        text = f"the entry is only there if {job.config.condition}: whether it is must be said"
        yield _reason("conditional-entry", text, job)


def losses(project: Project, job: Job, listeners: tuple[str, ...]) -> list[Loss]:
    """What the scheduler did around the job and pg_cron will not."""

    def loss(code: str, text: str) -> Loss:
        return Loss(code=code, text=text, file=job.config.file, line=job.config.line)

    if job.source == "quantum":
        queued = loss("overlap", "runs could overlap; pg_cron queues a run behind the one before")
        if job.options.other.get("overlap") == "false":
            queued = loss("overlap", "a tick during a run was skipped; pg_cron queues it behind that run")
        nodes = "each node that is not clustered with the others ran the job; pg_cron runs it once"
        return [loss("every-node", nodes), queued]
    module = project.module(job.worker)
    attempts = job.options.max_attempts or 20
    found = []
    if attempts > 1:
        found.append(loss("retries", f"a failed run was tried up to {attempts} times"))
    if job.options.unique:
        found.append(loss("uniqueness", f"unique: {job.options.unique}"))
    if attempts > 1 and module and module.function("backoff", 1):
        found.append(loss("backoff", "the worker's own backoff/1 said when a failed run was tried again"))
    if module and module.function("timeout", 1):
        found.append(loss("job-timeout", "the worker's timeout/1 ended a run that took too long"))
    for file in listeners:
        found.append(loss("oban-events", f"{file} listens to Oban's job events, which no longer come"))
    found.append(loss("overlap", "runs could overlap; pg_cron queues a run behind the one before"))
    return found


def _reason(code: str, text: str, job: Job, span: Span | None = None) -> Reason:
    at = span or place(job)
    return Reason(code=code, text=text, file=at.file, line=at.line)


def _unique_period(job: Job) -> float | None:
    """How long a job that has ended keeps later ones of its kind away, in seconds (oban lib/oban/job.ex, unique);
    None: it does not. One that has not ended is the loss ``uniqueness``: pg_cron does not overlap a job either."""
    text = job.options.unique
    if text is None or text == "false" or _until_it_ends(text):
        return None
    period = re.search(r"period:\s*([\d_]+)\s*(?:\]|,|$)", text)
    return float(period.group(1).replace("_", "")) if period else math.inf


def _until_it_ends(unique: str) -> bool:
    """Whether only jobs that have not ended are looked at."""
    states = uniqueness.states(unique)
    return states is not None and states <= uniqueness.UNENDED


def _shortest_gap(job: Job) -> float:
    """The shortest time between two ticks of a job, in seconds, over the next hundred of them."""
    if job.schedule is None:
        return math.inf
    try:
        ticks = next_source_firings(job.schedule, _SOME_DAY, 100, job.source, job.timezone)
    except UsageError:
        return 0.0
    return min(((b - a).total_seconds() for a, b in pairwise(ticks)), default=math.inf)
