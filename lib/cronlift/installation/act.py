"""One transaction of an installer: look, do what is to be done, look again, commit.

The look is inside of the transaction: what was seen before the locks were had says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import psycopg
from psycopg import sql

from cronlift.generate import statements
from cronlift.installation import refusal, state
from cronlift.installation.patience import GaveUpError, patiently
from cronlift.installation.sessions import Sessions
from cronlift.installation.state import Found
from cronlift.model.plan import Plan
from cronlift.postgres.server import Connection, Server

Kind = Literal["procedure", "cron_entry"]
Way = Literal["install", "rollback"]
KINDS: tuple[Kind, ...] = ("procedure", "cron_entry")


@dataclass(frozen=True)
class Part:
    """What one transaction is about: the objects of ``kinds`` in one database, in this order."""

    database: str
    connection: Connection
    kinds: tuple[Kind, ...]


def parts(plan: Plan, sessions: Sessions, way: Way) -> tuple[Part, ...]:
    """The transactions of an act, in order. In: the procedures first, since one that nobody calls harms nobody, while
    an entry without its procedure fails at each tick. Back: the other way round."""
    app = Part(plan.target.database, sessions.app, ("procedure",))
    cron = Part(plan.target.cron_database, sessions.cron, ("cron_entry",))
    order = (app, cron) if way == "install" else (cron, app)
    if sessions.split:
        return order
    return (replace(order[0], kinds=order[0].kinds + order[1].kinds),)


def look(plan: Plan, part: Part) -> list[Found]:
    """What is there of the part's objects, in the plan's order."""
    return [found for kind in part.kinds for found in _look(plan, part.connection, kind)]


def perform(plan: Plan, part: Part, server: Server, way: Way, *, edited: bool, before: bool) -> None:
    """Do a part and commit it. ``edited``: also what was edited by hand; ``before``: an earlier part is committed.

    Raises SafetyError and ServerError, with nothing of this part done; where the connection was lost on the way it
    is not known, and the message says so.
    """

    def transaction() -> None:
        for kind in part.kinds:
            found = _look(plan, part.connection, kind)
            refusal.check(found, way, edited=edited)
            _run(part.connection, [s for one in _ordered(found, way) for s in _statements(plan, one, way)])
            wrong = [f for f in _look(plan, part.connection, kind) if f.state != _GOAL[way]]
            refusal.unexpected(wrong)

    try:
        patiently(part.connection, server, transaction)
    except GaveUpError as gave_up:
        raise refusal.locked(gave_up, part.database, after_first=before) from None
    except psycopg.Error as error:
        lost = part.connection.broken or part.connection.closed
        raise refusal.refused(error, f"database {part.database}", after_first=before, lost=bool(lost)) from None


_GOAL: dict[Way, state.State] = {"install": "present", "rollback": "absent"}


def to_do(found: Found, way: Way) -> bool:
    """Whether the act changes this object."""
    return found.state != _GOAL[way]


def _ordered(found: Sequence[Found], way: Way) -> Sequence[Found]:
    return found if way == "install" else tuple(reversed(found))


def _look(plan: Plan, connection: Connection, kind: Kind) -> list[Found]:
    if kind == "procedure":
        jobs = [job for job in plan.jobs if job.procedure_sql is not None]
        return [state.procedure(connection, job, plan.target) for job in jobs]
    return [state.cron_entry(connection, job, plan.target) for job in plan.jobs]


def _statements(plan: Plan, found: Found, way: Way) -> tuple[sql.Composable, ...]:
    """The statements that bring one object to where the act wants it; an edited one goes before it is made anew."""
    if found.object == "procedure":
        gone, made = statements.drop_procedure(found.job), statements.create_procedure(found.job)
    else:
        gone, made = statements.unschedule(found.job), statements.schedule(found.job, plan.target)
    return (
        *(gone if found.state == "edited" or (way == "rollback" and found.state == "present") else ()),
        *(made if way == "install" and found.state != "present" else ()),
    )


def _run(connection: Connection, todo: Sequence[sql.Composable]) -> None:
    for statement in todo:
        connection.execute(sql.Composed([statement]))
