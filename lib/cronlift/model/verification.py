"""A verification: per job, what was checked and how it came out."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record

CheckName = Literal["catalog", "schedule", "effects", "double_run", "real_run"]
Status = Literal["passed", "failed", "pending", "warning", "not_installed", "not_checked"]


class Check(Record):
    """One check: a sentence of what was seen, and lines of evidence."""

    name: CheckName
    status: Status
    text: str
    evidence: tuple[str, ...] = ()


class VerifiedJob(Record):
    id: str
    cron_name: str
    checks: tuple[Check, ...]

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
