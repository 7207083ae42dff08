"""A verification: per job, what was checked and how it came out."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record
from cronlift.model.handover import CLOSED, GateState

CheckName = Literal["catalog", "schedule", "effects", "double_run", "real_run"]
Status = Literal["passed", "failed", "pending", "warning", "not_installed", "not_checked"]


class Planting(Record):
    """Rows that were put where a comparison decides: on its boundary, a step to either side, at NULL, at infinity."""

    relation: str
    comparison: str
    stands: tuple[str, ...]


class Touched(Record):
    """What each side did to one relation (``inserted``, ``updated``, ``deleted``: counts in words); ``left_out``: the
    columns not compared, each with why."""

    relation: str
    kind: str
    app: str
    job: str
    same: bool
    left_out: tuple[str, ...] = ()


class Proof(Record):
    """What an effect proof rests on: ``planted``, ``touched``, how many relations neither side touched, what the
    application's own command sent (where one was run), and ``open``: what was not proved, and why."""

    planted: tuple[Planting, ...] = ()
    touched: tuple[Touched, ...] = ()
    untouched: int = 0
    sent: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


class Check(Record):
    """One check: a sentence of what was seen, and lines of evidence; ``proof`` where effects were compared."""

    name: CheckName
    status: Status
    text: str
    evidence: tuple[str, ...] = ()
    proof: Proof | None = None


class VerifiedJob(Record):
    """One job's checks. ``gate``: where it stood (None: a plain job, or nothing is installed); its instants are in
    ``evidence.json``."""

    id: str
    cron_name: str
    checks: tuple[Check, ...]
    gate: GateState | None = None

    @property
    def prepared(self) -> bool:
        """Whether it waits behind a closed gate: the application runs it."""
        return self.gate in CLOSED

    @property
    def status(self) -> Status:
        """The worst of the checks."""
        order: tuple[Status, ...] = ("failed", "not_installed", "pending", "not_checked", "warning", "passed")
        return min((c.status for c in self.checks), key=order.index, default="not_checked")


class Verification(Document):
    """Stage 05. Instants that the database reported (runs, the next firing) are in ``evidence.json``, so that
    this document stays the same for the same findings."""

    plan_hash: str
    installed: bool
    jobs: tuple[VerifiedJob, ...]
    notes: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[str, ...]:
        """The jobs whose rows are not the application's, each with what was seen."""
        return tuple(
            f"{job.cron_name}: {check.text}"
            for job in self.jobs
            for check in job.checks
            if check.name == "effects" and check.status == "failed"
        )
