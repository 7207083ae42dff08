"""A person's decisions: reading ``decisions.yaml``, and applying them to verdicts."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from cronlift.errors import UsageError
from cronlift.model.decision import Decision, Decisions
from cronlift.model.document import SCHEMA_VERSION
from cronlift.model.verdict import ClassifiedJob, Reason


def load(path: Path) -> Decisions:
    """Read a decisions file. Raises UsageError where it is absent, not YAML, or has a field that does not fit."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"cannot read the decisions: {error.strerror}", where=str(path), do="check the path"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise UsageError("the decisions are not YAML", where=where, do="mend the line") from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        text = f"decisions.yaml has schema_version {version}, this cronlift reads {SCHEMA_VERSION}"
        raise UsageError(text, where=str(path), do=f"put `schema_version: {SCHEMA_VERSION}` at its top")
    try:
        return Decisions.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(p) for p in first["loc"])
        raise UsageError(f"{field}: {first['msg']}", where=str(path), do="correct that field") from error


def apply(jobs: list[ClassifiedJob], decisions: Decisions) -> list[ClassifiedJob]:
    """The jobs with each decision taken in. Raises UsageError for an unknown job, a stale hash, or a verdict that
    no evidence carries: app logic never becomes pure SQL by decision."""
    known = {job.id: job for job in jobs}
    for name, decision in decisions.jobs.items():
        job = known.get(name)
        if job is None:
            near = ", ".join(sorted(known)) or "none"
            raise UsageError(f"decisions.yaml names a job that does not exist: {name}", do=f"the jobs are: {near}")
        _check_hash(job, decision)
        known[name] = _decided(job, decision)
    return [known[job.id] for job in jobs]


def _check_hash(job: ClassifiedJob, decision: Decision) -> None:
    if decision.code_hash != job.code_hash:
        raise UsageError(
            f"the decision on {job.id} is stale: the code it judged has changed since",
            where=f"{job.config.file}:{job.config.line}",
            do=f"look at the job again, then set its code_hash to {job.code_hash}",
        )


def _decided(job: ClassifiedJob, decision: Decision) -> ClassifiedJob:
    verdict = decision.verdict or job.verdict
    if verdict == "pure_sql" and job.verdict not in ("pure_sql", "needs_review"):
        raise UsageError(
            f"{job.id} cannot be decided to be pure SQL: it is {job.verdict}",
            where=f"{job.config.file}:{job.config.line}",
            do="move its SQL part into a job of its own first, or leave it in the application",
        )
    if verdict == "pure_sql" and not job.steps:
        raise UsageError(
            f"{job.id} cannot be decided to be pure SQL: cronlift knows no statement of it",
            where=f"{job.config.file}:{job.config.line}",
            do="leave it in the application, or write its SQL where it can be read",
        )
    if decision.move and verdict != "pure_sql":
        raise UsageError(
            f"{job.id} is to be moved, but is {verdict}",
            where=f"{job.config.file}:{job.config.line}",
            do="set `move: false`, or overrule the verdict with a reason",
        )
    why = f"decided by {decision.who} on {decision.when}: {decision.why}"
    note = Reason(code="decision", text=why, file=job.config.file, line=job.config.line)
    update = {"verdict": verdict, "reasons": (note, *job.reasons), "decided": verdict != job.verdict}
    return job.model_copy(update=update | {"approved": decision.move})
