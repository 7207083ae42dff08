"""start: from a moment between two ticks on, pg_cron runs the job, and the fence keeps the application's rows away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from cronlift.errors import Pending, SafetyError, UsageError
from cronlift.handover import checks, gate
from cronlift.handover.alone import Alone
from cronlift.handover.gate import OPEN, Row, Switch
from cronlift.handover.operation import After, Before, instant, stands
from cronlift.handover.schedules import moments
from cronlift.handover.unflatten import of_version_before, unflatten
from cronlift.model.handover import GateState, Look
from cronlift.model.plan import PlannedJob

NEXT = (
    "next: deploy pull_request/config.patch, whenever you like; then cronlift jobs complete, a minute after the tick "
    "that follows"
)


@dataclass(frozen=True)
class Start:
    """``wait``: seconds to wait for pg_cron's first sign of life. ``canary``: the id of the job that goes first, alone;
    the others go once a run of it has succeeded."""

    wait: float = 80
    canary: str | None = None
    verb: Literal["start"] = "start"

    def look(self, before: Before) -> Sequence[Look]:
        """Installed as planned, pg_cron at work, the queue's rows told apart, the clocks agreed."""
        looks = list(checks.installed(before))
        if not checks.all_well(looks):
            return looks
        starting = self._starting(before)
        if not starting:
            return looks
        looks += checks.apart(before, [job for job, _ in starting])
        if not checks.all_well(looks):
            return looks
        looks += checks.pg_cron(before, self.wait if before.apply else 0)
        margins = moments(before, [row for _, row in starting], self._older(before, starting))
        for job, row in starting:
            looks += checks.queue(before, job, margins[row.job].margin)
        flat = [job for job, _ in starting if (old := before.superseded(job)) and old.state in OPEN and old.flat]
        if flat and before.apply and checks.all_well(looks):
            unflatten(before, [of_version_before(before, job) for job in flat], self.wait)
        text = "the version before is flattened: its entry is put behind the gate again, for the one switch"
        return [*looks, *(Look(name="flat", job=job.id, well=True, text=text) for job in flat)]

    def switch(self, before: Before) -> Sequence[Switch]:
        """Started from the chosen moment on."""
        starting = self._starting(before)
        older = self._older(before, starting)
        chosen = moments(before, [row for _, row in starting], older)
        switches = []
        for _, row in starting:
            moment, old = chosen[row.job], older.get(row.job)
            at, deadline = moment.at, moment.commit_by
            state: GateState = "completed" if old and old.state == "completed" else "started"
            switches.append(Switch(row.job, state, at, None, deadline=deadline, rows_from=moment.rows_at))
            if old:
                switches.append(Switch(old.job, "rolled_back", old.pg_from, at, deadline=deadline))
        return switches

    def follow(self, before: Before, switches: Sequence[Switch]) -> After:
        """The client looks again: was it in time; and entries that no gate can hold back are made."""
        now = gate.clock(before.sessions.app)
        before.sessions.app.rollback()
        late = [s for s in switches if s.pg_until is None and s.pg_from is not None and now > s.pg_from]
        notes = [
            f"{s.job}: pg_cron runs its ticks {'until' if s.pg_until else 'from'} {instant(s.pg_until or s.pg_from)}"
            + ("" if s.pg_until else " on")
            for s in switches
        ]
        if late:
            names = ", ".join(s.job for s in late)
            notes.append(f"committed too late: look who ran the tick after {instant(late[0].pg_from)} of {names}")
        if switches:
            notes.append(NEXT)
        alone = Alone(before).schedule({s.job: s for s in switches})
        waiting = self.canary is not None and any(s.job == self.canary for s in switches) and len(before.jobs) > 1
        if waiting:
            notes.append("the others start when the same command is run again, after a run of this one has succeeded")
        return After(complete=alone.complete and not late and not waiting, notes=(*notes, *alone.notes))

    def _starting(self, before: Before) -> list[tuple[PlannedJob, Row]]:
        starting = self._may_start(before)
        if self.canary is None:
            return starting
        first = [(job, row) for job, row in starting if job.id == self.canary]
        return first or self._after_canary(before, starting)

    def _after_canary(self, before: Before, others: list[tuple[PlannedJob, Row]]) -> list[tuple[PlannedJob, Row]]:
        """The others, where the canary has succeeded."""
        row = before.rows.get(self.canary or "")
        if row is None:
            raise UsageError(f"the canary {self.canary} is none of the jobs", do="name one of them with --canary")
        if not others:
            return []
        ran = gate.latest_run(before.sessions.app, row)
        if ran is None:
            raise Pending(
                f"the canary {row.job} has not run since {instant(row.pg_from)}",
                do="run the same command again after its next tick: the others start then",
            )
        if ran != "succeeded":
            raise SafetyError(
                f"the canary's last run {ran}: the others stay where they are",
                where=row.job,
                do="cronlift jobs status tells more; cronlift jobs rollback gives it back",
            )
        return others

    def _older(self, before: Before, starting: Sequence[tuple[PlannedJob, Row]]) -> dict[str, Row]:
        """The versions that pg_cron runs now and that these take over from, in the same update."""
        older = {}
        for job, row in starting:
            old = before.superseded(job)
            if old is None or old.state not in OPEN:
                continue
            if old.state == "paused":
                raise SafetyError(
                    f"{old.job}, which {job.id} takes over from, is paused",
                    do="resume it first (cronlift jobs resume), or give it back (cronlift jobs rollback)",
                )
            older[row.job] = old
        return older

    def _may_start(self, before: Before) -> list[tuple[PlannedJob, Row]]:
        starting = []
        for job in before.jobs:
            row = stands(before, job)
            if row.state in ("started", "completed"):
                continue
            if row.state == "paused":
                raise SafetyError(f"{job.id} is paused", do="cronlift jobs resume takes it up again")
            if row.state == "disarmed":
                raise SafetyError(
                    f"{job.id} is disarmed in this database", do="cronlift jobs reset --apply, if it is to run here"
                )
            if row.state == "rolled_back" and row.pg_until and row.pg_until + timedelta(minutes=1) > before.now:
                raise SafetyError(
                    f"{job.id} is being given back at {instant(row.pg_until)}",
                    do="start again a minute after that",
                )
            starting.append((job, row))
        return starting
