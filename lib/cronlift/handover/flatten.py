"""flatten: a completed job's cron entry calls the procedure itself; no gate, no run log, no retries any more."""

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
from cronlift.model.plan import PlannedJob


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
            if job.procedure is not None:
                found.append((job, row))
        return found


def unflatten(before: Before, jobs: Sequence[PlannedJob]) -> None:
    """Put the entries behind the gate again, which is open: nothing else changes."""
    change(before, jobs, flat=False)


def change(before: Before, jobs: Sequence[PlannedJob], *, flat: bool) -> None:
    """Give the entries their plain or their managed command, in one transaction; pg_cron keeps an entry of the name and
    its number."""
    cron, target = before.sessions.cron, before.plan.target
    wanted = [job.model_copy(update={"command": command.flat(job)}) if flat else job for job in jobs]

    def transaction() -> None:
        for job in wanted:
            for statement in statements.schedule(job, target):
                cron.execute(sql.Composed([statement]))

    try:
        patiently(cron, before.server, transaction)
    except GaveUpError as gave_up:
        raise refusal.locked(gave_up, target.cron_database, after_first=True) from None
    except psycopg.Error as error:
        raise refusal.refused(error, f"database {target.cron_database}", after_first=True) from None
