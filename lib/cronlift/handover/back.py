"""rollback and give-back: from a moment between two ticks on, the application runs the job again.

The gate is closed for ticks, not for starts: a run of a tick before the moment may begin after it. So the act is over
when the log shows how the last of them ended.

An application that no longer sends the job would run none of those ticks: what is to go back after ``complete`` must
have been seen at the fence again, or a person names the revision that has its entry.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cronlift.handover import gate, sending, undecided
from cronlift.handover.alone import Alone
from cronlift.handover.checks import all_well
from cronlift.handover.gate import OPEN, Row, Switch
from cronlift.handover.operation import After, Before, instant
from cronlift.handover.schedules import moments
from cronlift.handover.undecided import Answer
from cronlift.handover.unflatten import unflatten
from cronlift.model.handover import GateState, Look
from cronlift.model.plan import PlannedJob

_BEHIND = timedelta(minutes=1)
"""How long after the moment a tick before it may go without a run until it is asked about."""


@dataclass(frozen=True)
class Rollback:
    """``wait``: seconds to wait until the last tick of pg_cron's has ended. ``deployed``: a person's word for the
    revision that runs with the entries again; it stands in for what the database could show, and is on record.
    ``answer``: what is to become of ticks that nobody ran; None names them and asks."""

    wait: float = 200
    deployed: str | None = None
    answer: Answer | None = None
    verb: Literal["rollback", "give-back"] = "rollback"

    def look(self, before: Before) -> Sequence[Look]:
        """The application sends what it is to run; then what is flat is put behind the gate again first."""
        looks = self._sent(before)
        flat = [(job, row) for job, row in self._going(before) if row.flat]
        if flat and before.apply and all_well(looks):
            unflatten(before, [job for job, _ in flat], self.wait)
        text = "its entry is put behind the gate again"
        return [*looks, *(Look(name="flat", job=job.id, well=True, text=text) for job, _ in flat)]

    def _sent(self, before: Before) -> list[Look]:
        """Of each job that goes to the application itself, whether that sends it."""
        going = [(job, row) for job, row in self._going(before) if not self._older(before, job)]
        if self.deployed is not None:
            text = f"decided: revision {self.deployed} is deployed, with the entry"
            return [Look(name="deployed", job=job.id, well=True, text=text) for job, _ in going]
        last = sending.last_ticks(before, [row.job for _, row in going])
        return [look for job, row in going if (look := self._look(before, job, row, last[job.id]))]

    def _look(self, before: Before, job: PlannedJob, row: Row, last: sending.Tick) -> Look | None:
        if last.hit:
            text = f"the application sends the job (last turned away for {instant(last.last_hit)})"
            return Look(name="sent", job=job.id, well=True, text=text)
        if "completed" in (row.state, row.resumes):
            why = "nothing shows that the application sends the job again"
            why += f" (no row came for tick {instant(last.tick)})" if last.tick else " (no tick is over yet)"
        elif sending.left_out(before, job, last):
            why = f"no row came for tick {instant(last.tick)} from the application, whose scheduler was at work"
        else:
            return None
        text = (
            f"{why}, and then nobody would run it: deploy its entry again (git apply -R pull_request/config.patch), "
            "wait until a minute after its next tick (its row is turned away), or name the deployed revision with "
            "--deployed"
        )
        return Look(name="sent", job=job.id, well=False, text=text)

    def switch(self, before: Before) -> Sequence[Switch]:
        """Back from the chosen moment on; a start whose moment is still far off is undone as if it had not been."""
        going = self._going(before)
        older = {job.id: old for job, _ in going if (old := self._older(before, job))}
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
            switches.append(
                Switch(row.job, "rolled_back", row.pg_from, at, deadline=moment.commit_by, rows_until=moment.rows_at)
            )
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
            if not open_ends or time.monotonic() > ends or all(end.decided for end in open_ends):
                break
            time.sleep(0.5)
        waiting = False
        for end in sorted(open_ends, key=lambda end: undecided.depth(before, end.job)):
            if self.answer and end.decided and end.ticks:
                notes.append(undecided.settle(before, end.job, end.ticks, self.answer))
            else:
                notes.append(end.text)
                waiting = True
        return After(complete=alone.complete and not waiting, notes=(*notes, *alone.notes))

    def _until(self, before: Before, job: PlannedJob, switches: Sequence[Switch]) -> datetime | None:
        for switch in switches:
            if switch.job == job.id:
                return switch.pg_until
        row = before.rows[job.id]
        return row.pg_until if row.state == "rolled_back" else None

    def _older(self, before: Before, job: PlannedJob) -> Row | None:
        """The version before, where the job goes back to that one."""
        old = before.superseded(job)
        return old if old and old.state == "rolled_back" else None

    def _going(self, before: Before) -> list[tuple[PlannedJob, Row]]:
        return [(job, row) for job, row in before.known if row.state in OPEN and row.here]


@dataclass(frozen=True)
class _OpenEnd:
    """A job whose part is not over yet. ``decided``: waiting longer will not change it; ``ticks``: that nobody ran."""

    job: PlannedJob
    text: str
    decided: bool = False
    ticks: tuple[datetime, ...] = ()


def _open_ends(before: Before, until: dict[str, datetime], now: datetime) -> list[_OpenEnd]:
    """What is not over yet."""
    found = []
    by_id = {job.id: (job, row) for job, row in before.known}
    for id_, runs in gate.runs(before.sessions.app, list(until), now).items():
        at, (job, row) = until[id_], by_id[id_]
        if now < at:
            text = f"{id_}: it is pg_cron's until {instant(at)}; run the same command again after that"
            found.append(_OpenEnd(job, text))
        elif runs.running:
            found.append(_OpenEnd(job, f"{id_}: a run is under way; run the same command again when it has ended"))
        elif job.procedure is not None and (ticks := undecided.ticks(before, row, at, runs.tick)):
            found.append(_OpenEnd(job, undecided.named(id_, ticks), now > at + _BEHIND, tuple(ticks)))
    return found
