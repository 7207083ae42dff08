"""Proposals for what could set a job off besides a clock: what they would do, cost and need; never a default."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record

Kind = Literal["triggers", "change_stream"]


class Cost(Record):
    """One thing a proposal costs: what, and how much of it."""

    what: str
    text: str


class Proposal(Record):
    """One alternative to a job's schedule. ``up_sql`` is for the application's database, ``cron_sql`` for the one
    pg_cron lives in ('': none is needed), ``consumer`` the command of the process that must run ('': none).

    ``channel`` is the slot's name of a change stream, or the mark's of triggers. ``reasons_not`` stand first where
    somebody decides: a proposal is never a recommendation.
    """

    job: str
    kind: Kind
    channel: str
    up_sql: str
    down_sql: str
    cron_sql: str = ""
    cron_down_sql: str = ""
    consumer: str = ""
    staleness: str
    needs: tuple[str, ...] = ()
    costs: tuple[Cost, ...] = ()
    reasons_not: tuple[str, ...] = ()
    watch_sql: str = ""


class Underivable(Record):
    """A job for which there is no alternative, and why."""

    job: str
    why: str


class Proposals(Document):
    """What ``cronlift realtime`` found for a plan. Nothing of it is installed by anybody but who asks for it."""

    plan_hash: str
    interval_seconds: int
    proposals: tuple[Proposal, ...]
    none: tuple[Underivable, ...] = ()
