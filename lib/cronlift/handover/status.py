"""status: where every job of the database stands, and how its runs went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cronlift import resources
from cronlift.errors import SafetyError
from cronlift.handover import gate
from cronlift.handover.operation import instant
from cronlift.installation import state
from cronlift.model.handover import GateState, Hand, Handover
from cronlift.postgres.server import Server


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

    def note(self) -> str:
        """The counts of the last day as one line."""
        parts = [f"{self.succeeded} succeeded, {self.failed} failed in a day"]
        if self.other:
            parts.insert(0, f"pg_cron runs another version of it: {self.other}")
        if self.running:
            parts.append(f"{self.running} running")
        if self.retries:
            parts.append(f"{self.retries} to be tried again")
        if self.last_hit:
            parts.append(f"last turned away: {instant(self.last_hit)}")
        return "; ".join(parts if self.here else ["this database is a copy: nothing runs here", *parts])


def status(server: Server) -> Handover:
    """Of all jobs behind the gate of the connected database, whatever plan they came by. Read-only."""
    with server.connect() as connection:
        if not state.has_schema(connection):
            raise SafetyError(
                "no job of this database is behind a gate", do="cronlift install puts them there (a managed plan)"
            )
        found = [_Standing(*row) for row in connection.execute(resources.sql("handover/status"))]  # type: ignore[arg-type]
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
                note=one.note(),
            )
            for one in found
        ),
    )
