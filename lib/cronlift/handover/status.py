"""status: where every job of the database stands, and how its runs went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cronlift import resources
from cronlift.errors import SafetyError
from cronlift.handover import gate
from cronlift.handover.operation import instant
from cronlift.installation import state
from cronlift.model.handover import GateState, Hand, Handover
from cronlift.postgres.server import Server

_NAMED = 3
"""How many ticks of a job are named."""


@dataclass(frozen=True)
class _Standing:
    """A row of sql/handover/status.sql."""

    job: str
    state: GateState
    pg_from: datetime | None
    pg_until: datetime | None
    flat: bool
    here: bool
    succeeded: int
    failed: int
    running: int
    retries: int
    last_hit: datetime | None
    other: str | None

    def note(self, doubts: Sequence[tuple[datetime, bool]] = ()) -> str:
        """The counts of the last day as one line, and the ticks that nobody may have run."""
        parts = [f"{self.succeeded} succeeded, {self.failed} failed in a day"]
        if self.other:
            parts.insert(0, f"pg_cron runs another version of it: {self.other}")
        if self.running:
            parts.append(f"{self.running} running")
        if self.retries:
            parts.append(f"{self.retries} to be tried again")
        if self.last_hit:
            parts.append(f"last turned away: {instant(self.last_hit)}")
        parts += [self._doubt(tick, by_count) for tick, by_count in doubts[:_NAMED]]
        if len(doubts) > _NAMED:
            parts.append(f"and {len(doubts) - _NAMED} more such ticks")
        return "; ".join(parts if self.here else ["this database is a copy: nothing runs here", *parts])

    def _doubt(self, tick: datetime, by_count: bool) -> str:
        at = instant(tick)
        if by_count:
            return (
                f"more rows than one were turned away for the first tick since the start: one may have come late for "
                f"{at}, which nobody ran then (cronlift jobs run-now --job {self.job} runs it once)"
            )
        return (
            f"the application's row for {at} was turned away, and the log has no run for it: nobody may have run it "
            f"(cronlift jobs run-now --job {self.job} --tick {at})"
        )


def status(server: Server) -> Handover:
    """Of all jobs behind the gate of the connected database, whatever plan they came by. Read-only."""
    with server.connect() as connection:
        if not state.has_schema(connection):
            raise SafetyError(
                "no job of this database is behind a gate", do="cronlift install puts them there (a managed plan)"
            )
        found = [_Standing(*row) for row in connection.execute(resources.sql("handover/status"))]  # type: ignore[arg-type]
        doubts: dict[str, list[tuple[datetime, bool]]] = {}
        for job, tick, by_count in connection.execute(resources.sql("handover/doubts")):
            doubts.setdefault(str(job), []).append((tick, by_count))  # type: ignore[arg-type]
        now = gate.clock(connection)
    return Handover(
        plan_hash="",
        verb="status",
        applied=False,
        at=instant(now) or "",
        jobs=tuple(
            Hand(
                job=one.job,
                before=one.state,
                after=one.state,
                pg_from=instant(one.pg_from),
                pg_until=instant(one.pg_until),
                flat=one.flat,
                note=one.note(doubts.get(one.job, ())),
            )
            for one in found
        ),
    )
