"""complete: the application no longer sends the job; from now on a row of it is an alarm, and the fence stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cronlift import resources
from cronlift.errors import Pending, SafetyError
from cronlift.generate import managed
from cronlift.generate.quoting import Verbatim, template
from cronlift.handover.checks import exists
from cronlift.handover.gate import Row, Switch
from cronlift.handover.operation import After, Before, instant, stands
from cronlift.model.handover import Look
from cronlift.model.plan import PlannedJob


@dataclass(frozen=True)
class _Tick:
    """A job's latest tick that is over (None: none since the start), whether the application's row for it or a later
    one was turned away, when that last was, and whether another job's row was in that minute."""

    tick: datetime | None
    hit: bool
    last_hit: datetime | None
    other_hit: bool


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
        found = before.sessions.app.execute(
            resources.sql("handover/last_due"), {"jobs": [row.job for _, row in completing], "now": before.now}
        ).fetchall()
        by_job = {str(row[0]): _Tick(*row[1:]) for row in found}  # type: ignore[arg-type]
        return [self._look(before, job, by_job[job.id]) for job, _ in completing]

    def _look(self, before: Before, job: PlannedJob, last: _Tick) -> Look:
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
        if last.other_hit or self._alive(before, job, tick):
            text = f"tick {instant(tick)} passed without a row of the application's, whose scheduler was at work"
            return Look(name="no-hit", job=job.id, well=True, text=text)
        text = (
            f"no row came for tick {instant(tick)}, but nothing shows that the application's scheduler was at work "
            "then: name the deployed revision with --deployed"
        )
        return Look(name="no-hit", job=job.id, well=False, text=text)

    def _alive(self, before: Before, job: PlannedJob, tick: datetime) -> bool:
        relation = managed.gate_of(job).relation
        asked = [("handover/alive", relation)]
        # Elixir's Oban and Python's name their leaders' tables differently.
        schema = relation.rpartition(".")[0]
        asked += [("handover/leader", f"{schema}.{name}") for name in ("oban_peers", "oban_leaders")]
        for file, table in asked:
            if not exists(before.sessions.app, table):
                continue
            row = before.sessions.app.execute(template(file, relation=Verbatim(table)), {"tick": tick}).fetchone()
            if row is not None and row[0]:
                return True
        return False

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
