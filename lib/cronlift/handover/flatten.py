"""flatten: a completed job's cron entry calls the procedure itself; no gate, no run log, no retries any more.

The gate's row stays, and says so (``flat``): that is how everything else knows the entry as its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg import sql

from cronlift.errors import SafetyError
from cronlift.generate import command, statements
from cronlift.handover.gate import Row, Switch
from cronlift.handover.operation import After, Before, stands
from cronlift.installation import refusal
from cronlift.installation.patience import GaveUpError, patiently
from cronlift.model.handover import Look
from cronlift.model.plan import PlannedJob, entry_of


@dataclass(frozen=True)
class Flatten:
    """Makes completed jobs plain; the fence stays."""

    verb: Literal["flatten"] = "flatten"

    def look(self, before: Before) -> Sequence[Look]:
        """Nothing but the state, which ``switch`` asks."""
        return []

    def switch(self, before: Before) -> Sequence[Switch]:
        """The row says so first: a crash before the entry is changed leaves the runner running the job."""
        return [
            Switch(row.job, row.state, row.pg_from, row.pg_until, True)
            for job, row in self._flattening(before)
            if not row.flat
        ]

    def follow(self, before: Before, switches: Sequence[Switch]) -> After:
        """The entries' commands."""
        jobs = [job for job, _ in self._flattening(before)]
        change(before, jobs, flat=True)
        names = ", ".join(job.cron_name for job in jobs)
        return After(
            notes=(f"plain now: {names}; runs are only in cron.job_run_details, failed ones are not tried again",)
        )

    def _flattening(self, before: Before) -> list[tuple[PlannedJob, Row]]:
        found = []
        for job in before.jobs:
            row = stands(before, job)
            if row.state != "completed":
                raise SafetyError(
                    f"{job.id} is {row.state}, and only a completed job can do without its gate",
                    do="cronlift jobs complete first",
                )
            if (chained := _chained(before, job)) is not None:
                raise SafetyError(
                    f"{job.id} cannot do without its gate: {chained}, and plain entries keep no order",
                    do="leave both behind the gate (cronlift jobs flatten --job ID for the others)",
                )
            if job.procedure is not None:
                found.append((job, row))
        return found


def _chained(before: Before, job: PlannedJob) -> str | None:
    follows = job.managed.follows if job.managed else None
    if follows is not None:
        return f"it follows {follows}"
    behind = [
        other.id
        for other in before.plan.gated
        if other.managed and entry_of(other.managed.follows or "") == entry_of(job.id)
    ]
    return f"{', '.join(behind)} follows it" if behind else None


def change(before: Before, jobs: Sequence[PlannedJob], *, flat: bool) -> None:
    """Give the entries their plain or their managed command, in one transaction; pg_cron keeps an entry of the name and
    its number."""
    cron, target = before.sessions.cron, before.plan.target
    wanted = [command.flat(job) if flat else job for job in jobs]

    todo = [statement for job in wanted for statement in statements.schedule(job, target)]

    def transaction() -> None:
        for statement in todo:
            cron.execute(sql.Composed([statement]))

    before.transcript.note(cron, todo)
    cron.rollback()  # what a look left open there: within it this would never be committed
    try:
        patiently(cron, before.server, transaction)
    except GaveUpError as gave_up:
        raise refusal.locked(gave_up, target.cron_database, after_first=True) from None
    except psycopg.Error as error:
        raise refusal.refused(error, f"database {target.cron_database}", after_first=True) from None
