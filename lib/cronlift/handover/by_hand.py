"""run-now: one run through the same runner, as the job's role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg import sql

from cronlift.errors import Finding, SafetyError, UsageError
from cronlift.generate.quoting import Text, Verbatim, template
from cronlift.handover import gate
from cronlift.handover.operation import choose, hand, instant
from cronlift.handover.transcript import Transcript
from cronlift.installation.sessions import opened
from cronlift.model.handover import Handover
from cronlift.model.plan import Plan, PlannedJob
from cronlift.postgres.server import Server


def run_now(
    plan: Plan,
    server: Server,
    *,
    jobs: Sequence[str],
    apply: bool,
    tick: datetime | None = None,
    run_id: str = "",
) -> Handover:
    """Run the named jobs once, one after the other, whoever owns their ticks; with ``tick`` for that tick, if nobody
    ran it. Without ``apply`` only say so.

    The session is an operator's that takes on the job's role: that role's own settings (ALTER ROLE … SET) do not hold.
    Raises Finding where a run fails, SafetyError where it may not be run.
    """
    if not jobs:
        raise UsageError("no job is named", do="name what to run once: --job ID")
    chosen = choose(plan, jobs)
    if tick is not None and any(job.procedure is None for job in chosen):
        raise UsageError("only a job that the runner calls can be run for a tick", do="leave --tick out")
    with opened(plan.target, server, apply=apply) as sessions:
        rows = gate.rows(sessions.app, [job.id for job in chosen])
        now = gate.clock(sessions.app)
        sessions.app.rollback()
        missing = [job.id for job in chosen if job.id not in rows]
        if missing:
            raise SafetyError(f"not installed: {', '.join(missing)}", do="cronlift install --apply first")
    notes = tuple(f"{job.id}: {'run once' if apply else 'would be run once'}, as {job.job_role}" for job in chosen)
    transcript = Transcript()
    if apply:
        for job in chosen:
            run_once(plan, server, job, tick, transcript)
    return Handover(
        run_id=run_id,
        plan_hash=plan.hash,
        verb="run-now",
        applied=apply,
        at=instant(now) or "",
        jobs=tuple(hand(job.id, rows[job.id], None) for job in chosen),
        notes=notes,
        statements=tuple(transcript.statements),
    )


def run_once(plan: Plan, server: Server, job: PlannedJob, tick: datetime | None, transcript: Transcript) -> None:
    """One run, for a tick where one is named, in a session of its own, without a transaction around: the runner
    commits. Raises Finding where it fails, SafetyError where it may not be run."""
    connection = server.connect(plan.target.database, read_only=False)
    try:
        connection.autocommit = True
        todo = (
            template("handover/set_role", role=Text(job.job_role)),
            template("handover/verbatim", statement=_statement(job, tick)),
        )
        transcript.note(connection, todo)
        for statement in todo:
            connection.execute(sql.Composed([statement]))
    except psycopg.errors.InsufficientPrivilege as error:
        raise SafetyError(
            f"{job.id} was not run: {error.diag.message_primary}",
            where=f"database {plan.target.database}",
            do=f"connect as {job.job_role}, or as a member of it",
        ) from None
    except psycopg.Error as error:
        raise Finding(
            f"{job.id} failed: {(error.diag.message_primary or type(error).__name__).splitlines()[0]}",
            where=f"database {plan.target.database}",
            do="the run log has it: cronlift jobs status",
        ) from None
    finally:
        connection.close()


def _statement(job: PlannedJob, tick: datetime | None) -> sql.Composable:
    if job.procedure is None:
        return Verbatim(job.call)
    at = Verbatim("NULL") if tick is None else Text(instant(tick) or "")
    return template("handover/call_run_now", job=Text(job.id), tick=at)
