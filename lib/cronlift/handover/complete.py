"""complete: the application no longer sends the job; from now on a row of it is an alarm, and the fence stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from cronlift.errors import Pending, SafetyError
from cronlift.handover import sending
from cronlift.handover.gate import Row, Switch
from cronlift.handover.operation import After, Before, instant, stands
from cronlift.model.handover import Look
from cronlift.model.plan import PlannedJob


@dataclass(frozen=True)
class Complete:
    """``deployed``: a person's word for the revision that runs without the entries; it stands in for what the database
    could show, and is on record."""

    deployed: str | None = None
    verb: Literal["complete"] = "complete"

    def look(self, before: Before) -> Sequence[Look]:
        """A due tick of each job passed without a row of the application's, while its scheduler was at work."""
        completing = self._completing(before)
        if self.deployed is not None:
            text = f"decided: revision {self.deployed} is deployed, without the entry"
            return [Look(name="deployed", job=job.id, well=True, text=text) for job, _ in completing]
        by_job = sending.last_ticks(before, [row.job for _, row in completing])
        return [self._look(before, job, by_job[job.id]) for job, _ in completing]

    def _look(self, before: Before, job: PlannedJob, last: sending.Tick) -> Look:
        tick = last.tick
        if tick is None:
            raise Pending(
                f"{job.id}: no tick since pg_cron has it is over yet",
                do="run the same command a minute after the next tick, or name the deployed revision with --deployed",
            )
        if last.hit:
            text = (
                f"the application still sends the job (last turned away for {instant(last.last_hit)}): deploy the patch"
            )
            return Look(name="no-hit", job=job.id, well=False, text=text)
        if sending.left_out(before, job, last):
            text = f"tick {instant(tick)} passed without a row of the application's, whose scheduler was at work"
            return Look(name="no-hit", job=job.id, well=True, text=text)
        text = (
            f"no row came for tick {instant(tick)}, but nothing shows that the application's scheduler was at work "
            "then: name the deployed revision with --deployed"
        )
        return Look(name="no-hit", job=job.id, well=False, text=text)

    def switch(self, before: Before) -> Sequence[Switch]:
        """Completed; the times stay."""
        return [
            Switch(row.job, "completed", row.pg_from, row.pg_until, row.flat) for _, row in self._completing(before)
        ]

    def follow(self, before: Before, switches: Sequence[Switch]) -> After:
        """Nothing but to say so."""
        if not switches:
            return After()
        return After(
            notes=("the fence stays armed: a deploy that brings an entry back gives an alarm, not a double run",)
        )

    def _completing(self, before: Before) -> list[tuple[PlannedJob, Row]]:
        completing = []
        for job in before.jobs:
            row = stands(before, job)
            if row.state == "completed":
                continue
            if row.state != "started":
                raise SafetyError(f"{job.id} is {row.state}, not started", do="cronlift jobs status tells more")
            if row.pg_from is not None and row.pg_from + timedelta(minutes=1) > before.now and self.deployed is None:
                raise Pending(
                    f"{job.id} is pg_cron's only from {instant(row.pg_from)} on",
                    do="run the same command a minute after the tick that follows",
                )
            completing.append((job, row))
        return completing
