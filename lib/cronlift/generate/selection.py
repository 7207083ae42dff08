"""Which jobs a plan is for."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from cronlift.errors import UsageError
from cronlift.model.decision import Decision, Decisions
from cronlift.model.verdict import Classification, ClassifiedJob


def select(
    classification: Classification, decisions: Decisions | None = None, jobs: Sequence[str] = ()
) -> tuple[ClassifiedJob, ...]:
    """The jobs named, else those that decisions approve, else every pure_sql that none takes back; in the
    configuration's order.

    Raises UsageError for an id that is not there, one that is not pure_sql, and a stale decision.
    """
    known = {job.id: job for job in classification.jobs}
    approved = [job.id for job in classification.jobs if _approved(job, decisions)]
    wanted = set(jobs or approved)
    for job_id in jobs or approved:
        _check(job_id, known, decisions)
    if not wanted:
        declined = set(decisions.jobs) - set(approved) if decisions else set()
        wanted = {job.id for job in classification.jobs if job.verdict == "pure_sql"} - declined
    return tuple(job for job in classification.jobs if job.id in wanted)


def decision_for(job: ClassifiedJob, decisions: Decisions | None) -> Decision | None:
    """The decision on a job. Raises UsageError where the code has changed since it was made."""
    decision = decisions.jobs.get(job.id) if decisions else None
    if decision and decision.code_hash != job.code_hash:
        raise UsageError(
            f"the decision on {job.id} was made for other code (hash {decision.code_hash[:12]}, now "
            f"{job.code_hash[:12]})",
            where=f"{job.config.file}:{job.config.line}",
            do="look at the job again and renew the decision",
        )
    return decision


def _approved(job: ClassifiedJob, decisions: Decisions | None) -> bool:
    decision = decisions.jobs.get(job.id) if decisions else None
    if decision is None:
        return job.approved
    return decision.move and decision.verdict in (None, "pure_sql")


def _check(job_id: str, known: dict[str, ClassifiedJob], decisions: Decisions | None) -> None:
    job = known.get(job_id)
    if job is None:
        near = get_close_matches(job_id, known, n=1, cutoff=0.4)
        raise UsageError(
            f"there is no job {job_id}",
            do=f"did you mean {near[0]}?" if near else "cronlift inventory lists the ids",
        )
    decision_for(job, decisions)
    if job.verdict != "pure_sql":
        reason = job.reasons[0] if job.reasons else None
        raise UsageError(
            f"{job_id} cannot be planned: its verdict is {job.verdict}"
            + (f" ({reason.code}: {reason.text})" if reason else ""),
            where=f"{reason.file}:{reason.line}" if reason else f"{job.config.file}:{job.config.line}",
            do="only pure_sql jobs move; leave it out, or decide with a reason in decisions.yaml",
        )
