"""pause, resume, disarm and reset: acts that change at once who may run a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cronlift.errors import SafetyError
from cronlift.handover.gate import Switch
from cronlift.handover.operation import After, Before, stands
from cronlift.handover.unflatten import unflatten
from cronlift.model.handover import GateState, Look


@dataclass(frozen=True)
class Pause:
    """Nobody runs the job: pg_cron's runs are left out, the fence stays armed."""

    verb: Literal["pause"] = "pause"

    def look(self, before: Before) -> Sequence[Look]:
        """Nothing but the state, which ``switch`` asks."""
        return []

    def switch(self, before: Before) -> Sequence[Switch]:
        """Paused; remembers what to resume to."""
        switches = []
        for job in before.jobs:
            row = stands(before, job)
            if row.state == "paused":
                continue
            if row.state not in ("started", "completed") or row.flat or job.procedure is None:
                why = "it has no gate" if row.flat or job.procedure is None else f"it is {row.state}"
                raise SafetyError(f"{job.id} cannot be paused: {why}", do="cron.alter_job turns its cron entry off")
            switches.append(Switch(row.job, "paused", row.pg_from, row.pg_until, resumes=row.state))
        return switches

    def follow(self, before: Before, switches: Sequence[Switch]) -> After:
        """Says what it means."""
        return After(
            notes=("nobody runs the paused jobs: their ticks are in the run log as skipped",) if switches else ()
        )


@dataclass(frozen=True)
class Resume:
    """pg_cron runs the job again, from its next tick on."""

    verb: Literal["resume"] = "resume"

    def look(self, before: Before) -> Sequence[Look]:
        """Nothing but the state, which ``switch`` asks."""
        return []

    def switch(self, before: Before) -> Sequence[Switch]:
        """What the job was before."""
        switches = []
        for job in before.jobs:
            row = stands(before, job)
            if row.state in ("started", "completed"):
                continue
            if row.state != "paused":
                raise SafetyError(f"{job.id} is {row.state}, not paused", do="cronlift jobs status tells more")
            state: GateState = row.resumes or "started"
            switches.append(Switch(row.job, state, row.pg_from, row.pg_until))
        return switches

    def follow(self, before: Before, switches: Sequence[Switch]) -> After:
        """Nothing."""
        return After()


@dataclass(frozen=True)
class Reset:
    """The way out of any state: shut, at once; the application runs the job."""

    verb: Literal["reset"] = "reset"

    def look(self, before: Before) -> Sequence[Look]:
        """Nothing: it is the way out. But a flattened entry asks no gate, so it is put behind its own first."""
        flat = [job for job, row in before.known if row.flat]
        if flat and before.apply:
            unflatten(before, flat, None)
        text = "its entry is put behind the gate again"
        return [Look(name="flat", job=job.id, well=True, text=text) for job in flat]

    def switch(self, before: Before) -> Sequence[Switch]:
        """Shut, whatever it was."""
        return [Switch(row.job, "shut", None, None) for _, row in before.known if row.state != "shut"]

    def follow(self, before: Before, switches: Sequence[Switch]) -> After:
        """Says what it does not guard against."""
        note = "done at once, not between two ticks: look whether the tick of this minute ran once"
        return After(notes=(note,) if switches else ())
