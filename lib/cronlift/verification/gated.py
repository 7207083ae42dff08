"""What the gate and the run log say of managed jobs: pg_cron's own record counts runs that a shut gate held back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cronlift import resources
from cronlift.installation import state
from cronlift.model.handover import CLOSED, GateState, Handover
from cronlift.model.plan import Plan
from cronlift.model.verification import Check, Verification
from cronlift.postgres.server import Server


@dataclass(frozen=True)
class Standing:
    """Where a job's gate stands, and its latest run on its own schedule: ``ended`` None where there was none. ``flat``:
    its runs are in pg_cron's record only, as are those of a command that stands alone; ``other`` is another version of
    the job that pg_cron runs. Counted is what the log holds: runs by pg_cron through the runner, and rows of the
    application's that the fence turned away."""

    state: GateState
    ended: str | None
    message: str | None
    tick: datetime | None
    pg_from: datetime | None = None
    pg_until: datetime | None = None
    flat: bool = False
    other: str | None = None
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    turned_away: int = 0
    last_turned_away: datetime | None = None


def standings(plan: Plan, server: Server) -> dict[str, Standing]:
    """Of the plan's jobs behind the gate; empty for a plain plan, and where nothing is installed."""
    jobs = [job.id for job in plan.gated]
    alone = {job.id for job in plan.gated if job.procedure is None}
    if not jobs:
        return {}
    with server.connect(plan.target.database) as connection:
        rows = (
            connection.execute(resources.sql("verify/managed_runs"), {"jobs": jobs}).fetchall()
            if state.has_schema(connection)
            else []
        )
    connection.close()
    found = {str(row[0]): Standing(*row[1:]) for row in rows}  # type: ignore[arg-type]
    return {job: replace(one, flat=one.flat or job in alone) for job, one in found.items()}


def real_run(standing: Standing) -> Check:
    """The check ``real_run`` of a managed job."""
    if standing.state in CLOSED:
        runs = "the application runs the job"
        if standing.other:
            runs = f"pg_cron runs another version of the job, {standing.other}"
        text = f"the gate is {standing.state.replace('_', ' ')}: {runs} (cronlift jobs start)"
        return Check(name="real_run", status="pending", text=text)
    if standing.ended is None:
        text = "no run yet since the start: verify again after the next tick"
        return Check(name="real_run", status="pending", text=text)
    if standing.ended == "failed":
        said = (standing.message or "no message").strip().splitlines()[0]
        return Check(name="real_run", status="failed", text=f"its last run by pg_cron failed: {said}")
    return Check(name="real_run", status="passed", text="pg_cron has run it on its own schedule, and it succeeded")


def after(verification: Verification, act: Handover) -> Verification:
    """A verification made before an act on the gates, as it reads after it: what was checked stays, but it must not go
    on saying that a gate is shut (or open) which the act switched."""
    now = {hand.job: hand.after for hand in act.jobs if hand.after is not None}
    jobs = []
    for job in verification.jobs:
        state = now.get(job.id)
        if job.gate is None or state is None or state == job.gate:
            jobs.append(job)
            continue
        standing = Standing(state, None, None, None)
        checks = (real_run(standing) if c.name == "real_run" and c.status == "pending" else c for c in job.checks)
        jobs.append(job.model_copy(update={"gate": state, "checks": tuple(checks)}))
    return verification.model_copy(update={"jobs": tuple(jobs)})


def evidence(standing: Standing) -> dict[str, str | int | None]:
    """What the databases said."""
    moments = {
        "tick": standing.tick,
        "pg_from": standing.pg_from,
        "pg_until": standing.pg_until,
        "last_turned_away": standing.last_turned_away,
    }
    instants = {name: at.astimezone(UTC).isoformat() if at else None for name, at in moments.items()}
    counts = {name: getattr(standing, name) for name in ("succeeded", "failed", "skipped", "turned_away")}
    return {"gate": standing.state, "last_run": standing.ended, **instants, **counts}
