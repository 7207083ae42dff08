"""An act of the handover: what changed hands, when, and what was looked at before."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record

GateState = Literal["shut", "started", "completed", "paused", "rolled_back", "disarmed"]
CLOSED: tuple[GateState, ...] = ("shut", "rolled_back", "disarmed")
"""The states in which the application owns the job (of one rolled back: from ``pg_until`` on)."""

Verb = Literal[
    "start", "complete", "rollback", "pause", "resume", "run-now", "give-back", "disarm", "flatten", "reset",
    "fence-remove", "uninstall", "status",
]  # fmt: skip


class Look(Record):
    """One thing that was looked at before an act: whether it is well, and what was found."""

    name: str
    job: str = ""
    well: bool
    text: str


class Hand(Record):
    """One job: where its gate stood and stands, and from (``pg_from``) and until (``pg_until``) which tick pg_cron runs
    it: instants in ISO 8601, UTC."""

    job: str
    before: GateState | None
    after: GateState | None
    pg_from: str | None = None
    pg_until: str | None = None
    flat: bool = False
    note: str = ""


class Statement(Record):
    """A statement of an act, with its values, as it was sent to ``database``."""

    database: str
    text: str


class Handover(Document):
    """One act. ``applied`` is False for a look; ``complete`` False where something must still happen (``notes`` say
    what and when). ``statements`` is all that it sent to change something, in order; where the act is only begun, what
    it was about to send. The instants are the act's substance: no other document holds any."""

    plan_hash: str
    verb: Verb
    applied: bool
    complete: bool = True
    at: str = ""
    jobs: tuple[Hand, ...]
    looks: tuple[Look, ...] = ()
    notes: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()


class Act(Document):
    """An applied act as a run folder keeps it, beside those before it: ``who`` acted on which ``host``, as the manifest
    says of a record."""

    who: str
    host: str
    handover: Handover
