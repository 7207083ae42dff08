"""One act on gates: look, refuse, switch, follow up; the same way for all of them.

An operation says what it looks at, what each row is to become, and what follows once that is committed. Here is the
walk: sessions with both locks, the look, one transaction with the one update, the follow-up; recorded before it acts.
Every act can be run again: what is done already is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import psycopg

from cronlift import resources
from cronlift.errors import SafetyError, UsageError
from cronlift.handover import gate
from cronlift.handover.gate import Row, Switch
from cronlift.handover.transcript import Transcript
from cronlift.installation import refusal
from cronlift.installation.patience import GaveUpError, patiently
from cronlift.installation.sessions import Sessions, opened
from cronlift.model.handover import GateState, Hand, Handover, Look, Verb
from cronlift.model.plan import Plan, PlannedJob
from cronlift.postgres.server import Server

BEGUN = "begun, and not known to have ended: running the same command again looks at what is there and finishes"
NOTHING = "nothing was to be done: every job stands so already"
_TRIES = 3

Recorder = Callable[[Handover], object]


@dataclass(frozen=True)
class Before:
    """What an act finds: the plan's chosen jobs, where they stand (no row: not installed), and the server's clock."""

    plan: Plan
    server: Server
    sessions: Sessions
    jobs: tuple[PlannedJob, ...]
    rows: dict[str, Row]
    now: datetime
    apply: bool
    transcript: Transcript

    def superseded(self, job: PlannedJob) -> Row | None:
        """Where the version before stands, for a job that is the next version of one."""
        return self.rows.get(job.managed.supersedes or "") if job.managed else None

    @property
    def known(self) -> tuple[tuple[PlannedJob, Row], ...]:
        """The jobs that have a row."""
        return tuple((job, self.rows[job.id]) for job in self.jobs if job.id in self.rows)


@dataclass(frozen=True)
class After:
    """What is left to say: ``complete`` False where something must still happen."""

    complete: bool = True
    notes: tuple[str, ...] = ()


class Operation(Protocol):
    """One verb on the gate."""

    @property
    def verb(self) -> Verb: ...

    def look(self, before: Before) -> Sequence[Look]:
        """What is looked at; with anything not well nothing is changed."""
        ...

    def switch(self, before: Before) -> Sequence[Switch]:
        """What the rows are to become; none for a row that stands there already. Raises SafetyError."""
        ...

    def follow(self, before: Before, switches: Sequence[Switch]) -> After:
        """What follows once the update is committed, or was before."""
        ...


class _TooLateError(Exception):
    """The deadline passed before the update: choose another moment."""


def perform(
    operation: Operation,
    plan: Plan,
    server: Server,
    *,
    jobs: Sequence[str] = (),
    apply: bool,
    run_id: str = "",
    record: Recorder | None = None,
) -> Handover:
    """Do an act on the plan's jobs (``jobs``: their ids; none: all); without ``apply`` only say what it would be.

    Raises SafetyError where it is refused, ServerError where the server refuses, UsageError for a job that the plan
    does not hold, or a plain plan.
    """
    chosen, transcript = choose(plan, jobs), Transcript()
    with opened(plan.target, server, apply=apply) as sessions:
        for attempt in range(1, _TRIES + 1):
            before = _before(plan, server, sessions, chosen, apply, transcript)
            try:
                looks = tuple(operation.look(before))
                if apply:
                    require_well(operation.verb, looks)
                switches = tuple(operation.switch(before))
            except psycopg.Error as error:
                raise refusal.refused(error, f"database {plan.target.database}") from None
            finally:
                for connection in {sessions.app, sessions.cron}:
                    if not connection.closed:
                        connection.rollback()
            if not apply:
                return _document(operation, before, switches, looks, run_id, applied=False, after=After())
            _note(before, switches)
            if record:
                begun = After(complete=False, notes=(BEGUN,))
                record(_document(operation, before, switches, looks, run_id, applied=True, after=begun))
            try:
                _commit(before, switches)
                break
            except _TooLateError:
                transcript.statements.pop()  # the update was rolled back
                if attempt == _TRIES:
                    raise SafetyError(
                        "the update could not be committed in time; nothing was changed",
                        where=f"database {plan.target.database}",
                        do="run the same command again; if it stays so, look at what the server is busy with",
                    ) from None
        after = operation.follow(before, switches)
        if not switches and after == After():
            after = After(notes=(NOTHING,))
        document = _document(operation, before, switches, looks, run_id, applied=True, after=after)
        if record:
            record(document)
        return document


def choose(plan: Plan, jobs: Sequence[str]) -> tuple[PlannedJob, ...]:
    """The plan's managed jobs of these ids (or of the ids of their entries), or all of them. Raises UsageError."""
    if not plan.gated:
        raise UsageError(
            "the plan is plain: no gate decides who runs its jobs",
            do="generate it with --mode managed, which says what is against it; of a plain plan the deploy is the "
            "switch",
        )
    known = {job.entry: job for job in plan.gated} | {job.id: job for job in plan.gated}
    unknown = [job for job in jobs if job not in known]
    if unknown:
        gated = ", ".join(job.id for job in plan.gated)
        raise UsageError(
            f"the plan does not hold {', '.join(unknown)} behind a gate",
            do=f"its managed jobs are: {gated} (of a plain one the deploy is the switch)",
        )
    return tuple({known[job].id: known[job] for job in jobs}.values()) if jobs else plan.gated


def require_well(verb: Verb, looks: Sequence[Look]) -> None:
    """Raises SafetyError, with all that is not well."""
    ill = [look for look in looks if not look.well]
    if ill:
        raise SafetyError(
            f"{verb}: not everything is as it must be; nothing was changed",
            where="\n         ".join(f"{look.job + ': ' if look.job else ''}{look.text}" for look in ill),
            do=(
                "cronlift install --apply, then run the same command again"
                if any(look.name == "installed" for look in ill)
                else "mend it, then run the same command again (without --apply it only looks)"
            ),
        )


def stands(before: Before, job: PlannedJob) -> Row:
    """The job's row. Raises SafetyError where there is none, or it is of another database."""
    row = before.rows.get(job.id)
    if row is None:
        raise SafetyError(
            f"{job.id} is not installed: it has no gate",
            where=f"database {before.plan.target.database}",
            do="cronlift install --apply, then run the same command again",
        )
    if not row.here:
        raise SafetyError(
            f"the gate of {job.id} was made for another database: this is a copy of it",
            where=f"database {before.plan.target.database}",
            do="install the plan here with --overwrite-edited if this database is to run the job",
        )
    return row


def _before(
    plan: Plan,
    server: Server,
    sessions: Sessions,
    chosen: tuple[PlannedJob, ...],
    apply: bool,
    transcript: Transcript,
) -> Before:
    try:
        before = [job.managed.supersedes for job in chosen if job.managed and job.managed.supersedes]
        rows = gate.rows(sessions.app, [*(job.id for job in chosen), *before])
        now = gate.clock(sessions.app)
    except psycopg.Error as error:
        raise refusal.refused(error, f"database {plan.target.database}") from None
    finally:
        # Whatever a look opened ends here: what an act changes must not be a part of it.
        for connection in {sessions.app, sessions.cron}:
            if not connection.closed:
                connection.rollback()
    return Before(plan, server, sessions, chosen, rows, now, apply, transcript)


def _note(before: Before, switches: Sequence[Switch]) -> None:
    if switches:
        app = before.sessions.app
        before.transcript.note_query(app, resources.sql("handover/switch"), gate.values(switches))
        app.rollback()  # rendering asks the server for its encodings


def _commit(before: Before, switches: Sequence[Switch]) -> None:
    """The one transaction: the rows as they were seen, and the one update."""
    if not switches:
        return
    app, jobs = before.sessions.app, [s.job for s in switches]

    def transaction() -> None:
        gate.lock(app, jobs)
        if gate.rows(app, jobs) != {job: before.rows[job] for job in jobs} or not gate.switch(app, switches):
            raise _TooLateError

    try:
        patiently(app, before.server, transaction)
    except GaveUpError as gave_up:
        raise refusal.locked(gave_up, before.plan.target.database, after_first=False) from None
    except psycopg.Error as error:
        lost = bool(app.broken or app.closed)
        raise refusal.refused(error, f"database {before.plan.target.database}", lost=lost) from None


def _document(
    operation: Operation,
    before: Before,
    switches: Sequence[Switch],
    looks: tuple[Look, ...],
    run_id: str,
    *,
    applied: bool,
    after: After,
) -> Handover:
    becomes = {s.job: s for s in switches}
    return Handover(
        run_id=run_id,
        plan_hash=before.plan.hash,
        verb=operation.verb,
        applied=applied,
        complete=after.complete,
        at=instant(before.now) or "",
        jobs=tuple(hand(job.id, before.rows.get(job.id), becomes.get(job.id)) for job in before.jobs),
        looks=looks,
        notes=after.notes,
        statements=tuple(before.transcript.statements),
    )


def hand(job: str, row: Row | None, becomes: Switch | None) -> Hand:
    """One job's line of the document."""
    now = becomes or row
    state: GateState | None = row.state if row else None
    return Hand(
        job=job,
        before=state,
        after=now.state if now else None,
        pg_from=instant(now.pg_from) if now else None,
        pg_until=instant(now.pg_until) if now else None,
        flat=now.flat if now else False,
    )


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
