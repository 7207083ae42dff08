"""One transaction of an installer: look, do what is to be done, look again, commit.

The look is inside of the transaction: what was seen before the locks were had says nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import psycopg
from psycopg import sql

from cronlift.generate import managed, statements
from cronlift.installation import refusal, state
from cronlift.installation.patience import PATIENCE, GaveUpError, Patience, patiently
from cronlift.installation.sessions import Sessions
from cronlift.installation.state import Found, Kind
from cronlift.model.plan import Plan, PlannedJob
from cronlift.postgres.server import Connection, Server

Way = Literal["install", "rollback"]

FENCING = Patience(attempts=60, lock_timeout=100)
"""For the application's queue table: whoever waits for it has the application wait behind, so each try is short."""


@dataclass(frozen=True)
class Part:
    """What one transaction is about: the objects of ``kinds`` in one database, in this order. ``app`` is asked for the
    gates, which say what a cron entry must be like."""

    database: str
    connection: Connection
    app: Connection
    kinds: tuple[Kind, ...]
    patience: Patience = PATIENCE


def parts(plan: Plan, sessions: Sessions, way: Way) -> tuple[Part, ...]:
    """The transactions of an act, in order.

    In: the procedures first, since one that nobody calls harms nobody, while an entry without its procedure fails at
    each tick; in a managed plan behind a shut gate, and the fence last, by itself. Back: the other way round, without
    what other plans share (schema, sweepers, fence).
    """
    gated = bool(plan.gated)
    app_kinds: tuple[Kind, ...] = ("schema", "procedure", "gate") if gated else ("procedure",)
    cron_kinds: tuple[Kind, ...] = ("cron_entry", "sweeper") if gated else ("cron_entry",)
    if way == "rollback":
        app_kinds, cron_kinds = (("procedure", "gate") if gated else app_kinds), ("cron_entry",)
    app = Part(plan.target.database, sessions.app, sessions.app, app_kinds)
    cron = Part(plan.target.cron_database, sessions.cron, sessions.app, cron_kinds)
    order: tuple[Part, ...] = (app, cron) if way == "install" else (cron, app)
    if not sessions.split:
        order = (replace(order[0], kinds=order[0].kinds + order[1].kinds),)
    fence = Part(plan.target.database, sessions.app, sessions.app, ("fence",), FENCING)
    return (*order, fence) if gated and way == "install" else order


def look(plan: Plan, part: Part, way: Way) -> list[Found]:
    """What is there of the part's objects, in the plan's order."""
    return [found for kind in part.kinds for found in _look(plan, part, kind, way)]


def perform(plan: Plan, part: Part, server: Server, way: Way, *, edited: bool, before: bool) -> None:
    """Do a part and commit it. ``edited``: also what was edited by hand; ``before``: an earlier part is committed.

    Raises SafetyError and ServerError, with nothing of this part done; where the connection was lost on the way it
    is not known, and the message says so.
    """

    def transaction() -> None:
        for kind in part.kinds:
            found = _look(plan, part, kind, way)
            refusal.check(found, way, edited=edited)
            _run(part.connection, [s for one in _ordered(found, way) for s in _statements(plan, one, way)])
            wrong = [f for f in _look(plan, part, kind, way) if f.state != _GOAL[way]]
            refusal.unexpected(wrong)

    try:
        patiently(part.connection, server, transaction, part.patience)
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


def _look(plan: Plan, part: Part, kind: Kind, way: Way) -> list[Found]:
    jobs, target, connection = plan.jobs, plan.target, part.connection
    match kind:
        case "procedure":
            return [state.procedure(connection, job, target) for job in jobs if job.procedure_sql is not None]
        case "cron_entry":
            # One that no gate can hold back is made by start; on the way back all go.
            named = managed.entries(jobs) if way == "install" else jobs
            flat = _flattened(part, named)
            return [state.cron_entry(connection, job, target, flat=job.id in flat) for job in named]
        case "schema":
            return [state.schema(connection, managed.roles(jobs), target)]
        case "gate":
            return [state.gate(connection, job, target) for job in managed.gated(jobs)]
        case "sweeper":
            sweepers = managed.sweepers(jobs, target).items()
            return [state.sweeper(connection, name, role, target) for name, role in sweepers]
        case "fence":
            return [state.fence(connection, *fence, target) for fence in managed.fences(jobs)]


def _flattened(part: Part, jobs: Sequence[PlannedJob]) -> frozenset[str]:
    """Asks the gates; on another connection than the part's nothing stays open there."""
    try:
        return state.flattened(part.app, jobs)
    finally:
        if part.app is not part.connection and not part.app.closed:
            part.app.rollback()


def _statements(plan: Plan, found: Found, way: Way) -> tuple[sql.Composable, ...]:
    """The statements that bring one object to where the act wants it; an edited one goes before it is made anew."""
    gone, made = _both(plan, found)
    return (
        *(gone if found.state == "edited" or (way == "rollback" and found.state == "present") else ()),
        *(made if way == "install" and found.state != "present" else ()),
    )


def _both(plan: Plan, found: Found) -> tuple[tuple[sql.Composable, ...], tuple[sql.Composable, ...]]:
    """What takes an object away, and what makes it."""
    job, target = found.job, plan.target
    if job is not None:
        match found.object:
            case "procedure":
                return statements.drop_procedure(job), statements.create_procedure(job)
            case "gate":
                return managed.delete_gate(job), managed.insert_gate(job, target)
            case _:
                return statements.unschedule(job), statements.schedule(job, target)
    match found.object:
        case "schema":
            return (), managed.create_schema(managed.roles(plan.jobs))
        case "fence":
            column = dict(managed.fences(plan.jobs))[found.name]
            return (managed.drop_fence(found.name),), (managed.create_fence(found.name, column),)
        case _:
            role = managed.sweepers(plan.jobs, target)[found.name]
            made = statements.schedule_entry(found.name, managed.EVERY_MINUTE, managed.SWEEP, role, target)
            return statements.unschedule_entry(found.name, role), made


def _run(connection: Connection, todo: Sequence[sql.Composable]) -> None:
    for statement in todo:
        connection.execute(sql.Composed([statement]))
