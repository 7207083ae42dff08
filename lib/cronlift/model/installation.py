"""An installation: what was done to the databases, object by object."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record


class Action(Record):
    """One object: created by this run, already ``present`` as planned, ``removed``, or only ``planned``."""

    database: str
    object: Literal["procedure", "cron_entry"]
    name: str
    job: str
    state: Literal["planned", "created", "present", "removed", "absent"]


class Installation(Document):
    """Stage 04. ``applied`` is False for a dry run."""

    plan_hash: str
    mode: Literal["plain", "managed"] = "plain"
    applied: bool
    actions: tuple[Action, ...]
    notes: tuple[str, ...] = ()
