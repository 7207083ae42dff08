"""An installation: what was done to the databases, object by object."""

from __future__ import annotations

from typing import Literal

from cronlift.model.document import Document, Record


class Action(Record):
    """One object: created by this act, already ``present`` as planned, ``removed``, ``absent`` already, or still
    only ``planned``: to be created, to be removed. ``job`` is empty where it serves several jobs."""

    database: str
    object: Literal["procedure", "cron_entry", "schema", "gate", "sweeper", "fence"]
    name: str
    job: str
    state: Literal["planned", "created", "present", "removed", "absent"]


class Right(Record):
    """One thing the installing role must be able to do in ``database``. ``grant`` is what to paste as a superuser where
    it cannot; ``source`` says who demands it."""

    database: str
    name: str
    held: bool
    grant: str
    source: str


class Installation(Document):
    """Stage 04, or its way back (``act``). ``applied`` is False for a look; ``complete`` is False while an act is
    under way and where it was cut short: what is still ``planned`` then was not done, or is not known to be."""

    plan_hash: str
    mode: Literal["plain", "managed"] = "plain"
    act: Literal["install", "rollback"] = "install"
    applied: bool
    complete: bool = True
    actions: tuple[Action, ...]
    rights: tuple[Right, ...] = ()
    notes: tuple[str, ...] = ()
