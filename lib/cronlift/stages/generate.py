"""Stage 03: from a classification to a plan: what will be installed, exactly, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cronlift.generate import gating, migration, patch, script, version
from cronlift.generate.catalog import Connection
from cronlift.generate.gating import Gating
from cronlift.generate.job import plan_job
from cronlift.generate.refusal import RefusalError
from cronlift.generate.selection import decision_for, select
from cronlift.model.decision import Decision, Decisions
from cronlift.model.plan import Mode, Plan, PlannedJob, Refused, Target
from cronlift.model.verdict import Classification, ClassifiedJob
from cronlift.postgres import identity
from cronlift.postgres.server import Server
from cronlift.schedule import collisions


def generate(
    classification: Classification,
    app: Path,
    server: Server,
    *,
    decisions: Decisions | None = None,
    jobs: Sequence[str] = (),
    run_id: str = "",
    mode: Mode | None = None,
) -> Plan:
    """Plan the selected jobs for this server, reading its catalogs only.

    ``jobs`` are ids; without them what decisions approve is planned, else every pure_sql. A job that cannot be
    planned is in ``refused`` with its reason; the others are planned all the same. ``mode`` None: managed, and plain
    what cannot be (the job says why); ``managed`` refuses that. A decision on one job goes before either.
    Raises UsageError for a selection that makes no sense and ServerError where the databases cannot be read.
    """
    selected = select(classification, decisions, jobs)
    target = identity.target(server)
    with server.connect(target.database) as connection:
        gates = _gates(connection, classification, app)
        planned, refused = plan_jobs(selected, app, decisions, target, connection, gates, mode)
    broken = gating.check_chains(planned)
    refused += [Refused(id=job, code="chain", why=why) for job, why in broken.items()]
    planned = [job for job in planned if job.id not in broken]
    chosen = {job.entry for job in planned}
    return Plan(
        run_id=run_id,
        app=classification.app,
        mode="managed" if mode == "managed" or any(job.managed for job in planned) else "plain",
        target=target,
        jobs=tuple(planned),
        refused=tuple(refused),
        up_sql=script.up(planned, target) if planned else "",
        down_sql=script.down(planned, target) if planned else "",
        migration=migration.build(app, classification.app, planned, target),
        patch=patch.build(app, [job for job in selected if job.id in chosen]),
        warnings=tuple(_warnings(planned, target)),
    )


def _gates(connection: Connection, classification: Classification, app: Path) -> Gating:
    return Gating(gating.queues(connection), classification.jobs, gating.oban_version(app), version.running(connection))


def plan_jobs(
    selected: Sequence[ClassifiedJob],
    app: Path,
    decisions: Decisions | None,
    target: Target,
    connection: Connection,
    gates: Gating,
    mode: Mode | None = None,
) -> tuple[list[PlannedJob], list[Refused]]:
    """Plan the jobs one by one; each comes out planned or refused."""
    planned: list[PlannedJob] = []
    refused: list[Refused] = []
    procedures: set[str] = set()
    for job in selected:
        try:
            patch.find_entry(app, job)
            decision = decision_for(job, decisions)
            _answered(job, decision)
            plan = _plan(job, decision, target, connection, procedures, gates, mode)
            if any(plan.cron_name == other.cron_name for other in planned):
                raise RefusalError("name-taken", f"another job of this plan has the cron name {plan.cron_name}")
            planned.append(plan)
        except RefusalError as error:
            refused.append(Refused(id=job.id, code=error.code, why=error.why))
    return planned, refused


def _plan(
    job: ClassifiedJob,
    decision: Decision | None,
    target: Target,
    connection: Connection,
    procedures: set[str],
    gates: Gating,
    asked: Mode | None,
) -> PlannedJob:
    """The job's plan: of one that pg_cron runs already the same version where nothing changed, else the next one."""
    mode = (decision.mode if decision else None) or asked
    now = gates.running.get(job.id)
    if mode == "plain":
        if now is not None:
            why = f"pg_cron runs {now.key} behind a gate: a plain entry beside it would run each tick twice"
            raise RefusalError("behind-a-gate", f"{why} (cronlift jobs rollback, or flatten, comes first)")
        plan = plan_job(job, decision, target, connection, procedures)
        because = "by decision" if decision and decision.mode == "plain" else ""
        return plan.model_copy(update={"plain_because": because})
    if now is None:
        needed = mode == "managed" or bool(decision and decision.needs_gate)
        return plan_job(job, decision, target, connection, procedures, gates, gate_needed=needed)
    plan = plan_job(*version.as_version(job, decision, now.number), target, connection, procedures, gates)
    if plan.hash == now.plan_hash:
        return plan
    following = version.as_version(job, decision, now.number + 1)
    plan = plan_job(*following, target, connection, procedures, gates)
    assert plan.managed is not None
    return plan.model_copy(update={"managed": plan.managed.model_copy(update={"supersedes": now.key})})


def _answered(job: ClassifiedJob, decision: Decision | None) -> None:
    """Raises RefusalError where something must be said about the job that its source does not tell."""
    moves = decision.move if decision else job.approved
    if job.questions and not moves:
        first = job.questions[0]
        raise RefusalError(
            first.code, f"{first.text} ({first.file}:{first.line}): decide, with `move: true` and why in decisions.yaml"
        )


def _warnings(planned: Sequence[PlannedJob], target: Target) -> list[str]:
    """Jobs that start in the same minute and touch the same relation."""
    touched = [
        (job.cron_name, job.schedule.pg_cron or "", [r for step in job.steps for r in step.relations])
        for job in planned
    ]
    return [str(collision) for collision in collisions(touched, target.pg_cron_version)]
