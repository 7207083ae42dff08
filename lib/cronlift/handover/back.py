"""rollback and give-back: from a moment between two ticks on, the application runs the job again.

The gate is closed for ticks, not for starts: a run of a tick before the moment may begin after it. So the act is over
when the log shows how the last of them ended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cronlift.handover import gate
from cronlift.handover.alone import Alone
from cronlift.handover.flatten import unflatten
from cronlift.handover.gate import OPEN, Row, Switch
from cronlift.handover.operation import After, Before, instant
from cronlift.handover.schedules import moments
from cronlift.model.handover import GateState, Look
from cronlift.model.plan import PlannedJob

_BEHIND = timedelta(minutes=1)
"""How long after the moment a tick before it may go without a run until it is asked about."""


@dataclass(frozen=True)
class Rollback:
    """``wait``: seconds to wait until the last tick of pg_cron's has ended."""

    wait: float = 200
    verb: Literal["rollback", "give-back"] = "rollback"

    def look(self, before: Before) -> Sequence[Look]:
        """Nothing can stand against it; what is flat is put behind the gate again first."""
        flat = [(job, row) for job, row in self._going(before) if row.flat]
        if flat and before.apply:
            unflatten(before, [job for job, _ in flat])
        text = "its entry is put behind the gate again"
        return [Look(name="flat", job=job.id, well=True, text=text) for job, _ in flat]

    def switch(self, before: Before) -> Sequence[Switch]:
        """Back from the chosen moment on; a start whose moment is still far off is undone as if it had not been."""
        going = self._going(before)
        older = {job.id: old for job, _ in going if (old := before.superseded(job)) and old.state == "rolled_back"}
        chosen = moments(before, [row for _, row in going], older)
        switches = []
        for _, row in going:
            moment = chosen[row.job]
            if row.job in older:
                # Back to the version before, which pg_cron ran; that one goes back to the application by its own plan.
                old, at = older[row.job], max(moment.at, row.pg_from or moment.at)
                state: GateState = "completed" if row.state == "completed" else "started"
                switches.append(Switch(row.job, "rolled_back", row.pg_from, at, deadline=moment.commit_by))
                switches.append(Switch(old.job, state, at, None, deadline=moment.commit_by))
                continue
            if row.pg_from is not None and before.now + moment.margin < row.pg_from:
                deadline = row.pg_from - moment.margin
                switches.append(Switch(row.job, "shut", None, None, deadline=deadline))
                continue
            at = max(moment.at, row.pg_from) if row.pg_from else moment.at
            switches.append(Switch(row.job, "rolled_back", row.pg_from, at, deadline=moment.commit_by))
        return switches

    def follow(self, before: Before, switches: Sequence[Switch]) -> After:
        """Wait, within bounds, until the last tick of pg_cron's has ended; then say what is undecided."""
        alone = Alone(before).unschedule({s.job: s for s in switches})
        ends_at = {job.id: self._until(before, job, switches) for job, _ in before.known}
        until = {job: at for job, at in ends_at.items() if at is not None}
        back = {s.job for s in switches if s.pg_until is None and s.state in OPEN}
        to = f"pg_cron's version before ({', '.join(sorted(back))})" if back else "the application"
        notes = [f"{job}: {to} runs its ticks from {instant(at)} on" for job, at in until.items()]
        ends = time.monotonic() + self.wait
        while True:
            now = gate.clock(before.sessions.app)
            open_ends = _open_ends(before, until, now)
            before.sessions.app.rollback()
            waiting = [text for _, text in open_ends if text]
            if not open_ends or time.monotonic() > ends or all(decided for decided, _ in open_ends):
                break
            time.sleep(0.5)
        return After(complete=alone.complete and not waiting, notes=(*notes, *waiting, *alone.notes))

    def _until(self, before: Before, job: PlannedJob, switches: Sequence[Switch]) -> datetime | None:
        for switch in switches:
            if switch.job == job.id:
                return switch.pg_until
        row = before.rows[job.id]
        return row.pg_until if row.state == "rolled_back" else None

    def _going(self, before: Before) -> list[tuple[PlannedJob, Row]]:
        return [(job, row) for job, row in before.known if row.state in OPEN and row.here]


def _open_ends(before: Before, until: dict[str, datetime], now: datetime) -> list[tuple[bool, str]]:
    """What is not over yet, one line each; with it whether waiting longer will not change it."""
    found: list[tuple[bool, str]] = []
    alone = {job.id for job in before.jobs if job.procedure is None}
    for job, runs in gate.runs(before.sessions.app, list(until), now).items():
        at = until[job]
        if now < at:
            found.append((False, f"{job}: it is pg_cron's until {instant(at)}; run the same command again after that"))
        elif runs.running:
            found.append((False, f"{job}: a run is under way; run the same command again when it has ended"))
        elif runs.tick is not None and runs.state is None and job not in alone:
            text = (
                f"{job}: nobody ran its last tick {instant(runs.tick)}: run it once with cronlift jobs run-now --job "
                f"{job} --tick {instant(runs.tick)} --apply, or leave it out"
            )
            found.append((now > at + _BEHIND, text))
    return found
