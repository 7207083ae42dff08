"""Jobs that no gate can hold back: a command that must stand alone (VACUUM, …) is its own cron entry.

Its entry is made when pg_cron is to run it and removed when it is not, as near to the switch as can be; up to one extra
or missing run is possible, and is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql

from cronlift.generate import statements
from cronlift.handover.gate import Switch, clock
from cronlift.handover.operation import After, Before, instant
from cronlift.installation import refusal, state
from cronlift.installation.patience import GaveUpError, patiently
from cronlift.model.plan import PlannedJob
from cronlift.schedule import next_firings


@dataclass(frozen=True)
class Alone:
    """The acts on the entries of such jobs."""

    before: Before

    def schedule(self, switches: Mapping[str, Switch]) -> After:
        """Make the entries of the started jobs: at once where no tick comes before the switch, else after it."""
        return self._bring("present", {j.id: self._at(j, switches, "pg_from") for j in self._jobs()})

    def unschedule(self, switches: Mapping[str, Switch]) -> After:
        """Remove the entries of the jobs given back, in the same way."""
        return self._bring("absent", {j.id: self._at(j, switches, "pg_until") for j in self._jobs()})

    def _jobs(self) -> list[PlannedJob]:
        return [job for job in self.before.jobs if job.procedure is None]

    def _at(self, job: PlannedJob, switches: Mapping[str, Switch], which: str) -> datetime | None:
        row = switches.get(job.id) or self.before.rows[job.id]
        value = getattr(row, which)
        return value if isinstance(value, datetime) else None

    def _bring(self, goal: state.State, moments: Mapping[str, datetime | None]) -> After:
        notes, complete = [], True
        target = self.before.plan.target
        for job in self._jobs():
            at = moments[job.id]
            if at is None:
                continue
            now = clock(self.before.sessions.app)
            self.before.sessions.app.rollback()
            firing = next_firings(job.schedule.pg_cron or "", now, 1, target.pg_cron_version, target.cron_timezone)
            if now < at and firing and firing[0] < at:
                complete = False
                notes.append(
                    f"{job.id} stands alone ({job.command}), and a tick comes before {instant(at)}: run the same "
                    "command again after that, and before the next tick"
                )
                continue
            if self._change(job, goal):
                what = "made" if goal == "present" else "removed"
                notes.append(f"{job.id} stands alone: its cron entry is {what} now; look if the next tick ran once")
        return After(complete, tuple(notes))

    def _change(self, job: PlannedJob, goal: state.State) -> bool:
        cron, target = self.before.sessions.cron, self.before.plan.target

        todo = statements.schedule(job, target) if goal == "present" else statements.unschedule(job)
        noted = len(self.before.transcript.statements)
        self.before.transcript.note(cron, todo)
        cron.rollback()

        def transaction() -> bool:
            found = state.cron_entry(cron, job, target)
            refusal.check([found], "install" if goal == "present" else "rollback", edited=False)
            if found.state == goal:
                return False
            for statement in todo:
                cron.execute(sql.Composed([statement]))
            return True

        try:
            changed = patiently(cron, self.before.server, transaction)
            if not changed:
                del self.before.transcript.statements[noted:]
            return changed
        except GaveUpError as gave_up:
            raise refusal.locked(gave_up, target.cron_database, after_first=True) from None
        except psycopg.Error as error:
            raise refusal.refused(error, f"database {target.cron_database}", after_first=True) from None
