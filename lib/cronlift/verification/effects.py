"""Does the job leave the rows that the application's code leaves? On a disposable database only."""

from __future__ import annotations

from cronlift.model.plan import PlannedJob
from cronlift.model.verification import Check, Status
from cronlift.proof.case import Case
from cronlift.proof.findings import Finding
from cronlift.proof.planned_job import prove
from cronlift.verification.context import Context

_STATUS: dict[str, Status] = {"equal": "passed", "weak": "warning", "differs": "failed", "unproved": "not_checked"}
_WHAT_TO_DO = (
    "restore a copy of the database, mark it (cronlift sandbox mark-disposable), and name it with --proof-service "
    "or --proof-dsn-env"
)


def check(context: Context) -> dict[str, Check]:
    """One proof after the other; without a disposable database none, and nothing is run."""
    return {job.id: _check(job, context) for job in context.plan.jobs}


def _check(job: PlannedJob, context: Context) -> Check:
    found = context.installed[job.id]
    if context.proof_is_target and found.visible and not found.anything and job.id not in context.gates:
        text = (
            "nothing is installed to compare; a disposable database named with --proof-service proves the plan itself"
        )
        return Check(name="effects", status="not_installed", text=text)
    if context.proof is None:
        text = "not compared: the proof writes, and needs a database that may be thrown away"
        return Check(name="effects", status="not_checked", text=text, evidence=(_WHAT_TO_DO,))
    server, database = context.proof
    app, role = context.sides[job.id]
    finding = prove(
        Case(
            server=server,
            database=database,
            target=context.plan.target,
            job=job,
            app=app,
            role=role,
            installed=context.proof_is_target,
            worker=context.tick.worker(server, app, context.app)
            if context.tick and context.tick.job == job.id
            else None,
        )
    )
    context.note(job, "effects", {"database": database, **finding.details})
    return as_check(finding)


def as_check(finding: Finding) -> Check:
    """A proof's finding as a check."""
    return Check(
        name="effects", status=_STATUS[finding.result], text=finding.text, evidence=finding.lines, proof=finding.proof
    )
