"""Stage 04: put a plan into the databases, and take it out again.

Plain mode. Each database gets one transaction (where pg_cron lives in the app's database, both share one): the
app's first, since a procedure nobody calls harms nobody, while an entry without its procedure fails at each tick.
After a crash in between the former owner still runs the jobs, and a second run finishes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import psycopg
from psycopg import sql

from cronlift.errors import SafetyError, ServerError
from cronlift.generate import script, statements
from cronlift.installation import state
from cronlift.installation.sessions import Sessions, opened
from cronlift.installation.state import Found
from cronlift.model.installation import Action, Installation
from cronlift.model.plan import Plan
from cronlift.postgres.server import Connection, Server

PLAIN = (
    "plain installation: pg_cron runs the jobs from now on, and the application does until a deploy takes their "
    "entries out of its crontab; in between a tick can run twice (or, the deploy first, not at all)"
)
ROLLED_BACK = (
    "plain rollback: pg_cron no longer runs the jobs; until the application is deployed with their entries back in "
    "its crontab, ticks are lost"
)

Statements = tuple[sql.Composable, ...]


def install(plan: Plan, server: Server, *, apply: bool, run_id: str = "") -> Installation:
    """Create what the plan names and is not there yet; without ``apply`` only say what would be done.

    Raises SafetyError where an object of a planned name is not exactly the planned one (nothing is touched then),
    or the server is not the plan's; ServerError where the server refuses.
    """
    _check_text(plan)
    with opened(plan.target, server, apply=apply) as sessions:
        procedures, entries = _look(plan, sessions)
        _refuse_foreign([*procedures, *entries], "there is something else under a planned name; nothing was changed")
        if apply:
            missing = {f.job.id for f in procedures if f.state == "absent"}
            unscheduled = {f.job.id for f in entries if f.state == "absent"}
            with _transaction(sessions.app, plan.target.database):
                _run(sessions.app, [statements.create_procedure(j) for j in plan.jobs if j.id in missing])
                _expect("present", _procedures(plan, sessions.app))
                if not sessions.split:
                    _schedule(plan, sessions.cron, unscheduled)
            if sessions.split:
                with _transaction(sessions.cron, plan.target.cron_database, after_first=True):
                    _schedule(plan, sessions.cron, unscheduled)
        actions = [_action(f, "absent", "created" if apply else "planned") for f in (*procedures, *entries)]
    return Installation(
        run_id=run_id,
        plan_hash=plan.hash,
        applied=apply,
        actions=tuple(actions),
        notes=(PLAIN, *_paused(entries)),
    )


def rollback(plan: Plan, server: Server, *, apply: bool, run_id: str = "") -> Installation:
    """Remove what the plan names and still is as planned, cron entries first; without ``apply`` only say so.

    Raises SafetyError, with the difference, where an object is no longer the one that was installed.
    """
    _check_text(plan)
    with opened(plan.target, server, apply=apply) as sessions:
        procedures, entries = _look(plan, sessions)
        _refuse_foreign([*entries, *procedures], "an object is no longer the one of this plan; nothing was removed")
        if apply:
            scheduled = {f.job.id for f in entries if f.state == "present"}
            there = {f.job.id for f in procedures if f.state == "present"}
            with _transaction(sessions.cron, plan.target.cron_database):
                _unschedule(plan, sessions.cron, scheduled)
                if not sessions.split:
                    _drop(plan, sessions.app, there)
            if sessions.split:
                with _transaction(sessions.app, plan.target.database, after_first=True):
                    _drop(plan, sessions.app, there)
        actions = [_action(f, "present", "removed" if apply else "planned") for f in (*entries, *procedures)]
    return Installation(run_id=run_id, plan_hash=plan.hash, applied=apply, actions=tuple(actions), notes=(ROLLED_BACK,))


def _check_text(plan: Plan) -> None:
    """What is shown is what is done: the plan's scripts must be the statements we are about to run."""
    up = script.up(plan.jobs, plan.target) if plan.jobs else ""
    down = script.down(plan.jobs, plan.target) if plan.jobs else ""
    if (up, down) != (plan.up_sql, plan.down_sql):
        raise SafetyError(
            "the plan's SQL is not what this cronlift would run; nothing was changed",
            do="the plan was edited, or made by another version: generate it again",
        )


def _look(plan: Plan, sessions: Sessions) -> tuple[list[Found], list[Found]]:
    try:
        return _procedures(plan, sessions.app), _entries(plan, sessions.cron)
    except psycopg.Error as error:
        raise _refused(error, "the catalogs") from None
    finally:
        sessions.app.rollback()
        sessions.cron.rollback()


def _procedures(plan: Plan, connection: Connection) -> list[Found]:
    return [state.procedure(connection, job, plan.target) for job in plan.jobs if job.procedure_sql is not None]


def _entries(plan: Plan, connection: Connection) -> list[Found]:
    return [state.cron_entry(connection, job, plan.target) for job in plan.jobs]


def _schedule(plan: Plan, connection: Connection, jobs: set[str]) -> None:
    _run(connection, [statements.schedule(j, plan.target) for j in plan.jobs if j.id in jobs])
    _expect("present", _entries(plan, connection))


def _unschedule(plan: Plan, connection: Connection, jobs: set[str]) -> None:
    _run(connection, [statements.unschedule(j, plan.target) for j in reversed(plan.jobs) if j.id in jobs])
    _expect("absent", _entries(plan, connection))


def _drop(plan: Plan, connection: Connection, jobs: set[str]) -> None:
    _run(connection, [statements.drop_procedure(j) for j in reversed(plan.jobs) if j.id in jobs])
    _expect("absent", _procedures(plan, connection))


def _run(connection: Connection, groups: Sequence[Statements]) -> None:
    for group in groups:
        for statement in group:
            connection.execute(sql.Composed([statement]))


def _expect(wanted: Literal["present", "absent"], found: Sequence[Found]) -> None:
    """Look again before COMMIT: what came out is what was planned."""
    _refuse([f for f in found if f.state != wanted], "the server made something else of the plan; it was rolled back")


def _refuse_foreign(found: Sequence[Found], what: str) -> None:
    _refuse([f for f in found if f.state == "foreign"], what)


def _refuse(wrong: Sequence[Found], what: str) -> None:
    if wrong:
        raise SafetyError(
            what,
            where="\n         ".join(
                line
                for f in wrong
                for line in (f"{f.object.replace('_', ' ')} {f.name} in database {f.database}", *f.differences)
            ),
            do="rename or remove it, or choose another name in decisions.yaml and generate again",
        )


def _action(
    found: Found, to_do: Literal["absent", "present"], done: Literal["created", "removed", "planned"]
) -> Action:
    return Action(
        database=found.database,
        object=found.object,
        name=found.name,
        job=found.job.id,
        state=done if found.state == to_do else ("present" if found.state == "present" else "absent"),
    )


def _paused(entries: Sequence[Found]) -> Iterator[str]:
    for entry in entries:
        if entry.paused:
            yield f"cron entry {entry.name} is there but inactive: somebody paused it (cron.alter_job turns it on)"


@contextmanager
def _transaction(connection: Connection, database: str, *, after_first: bool = False) -> Iterator[None]:
    """One transaction; whatever the server refuses becomes one message."""
    try:
        with connection.transaction():
            yield
    except psycopg.Error as error:
        raise _refused(error, f"database {database}", after_first=after_first) from None


def _refused(error: psycopg.Error, where: str, *, after_first: bool = False) -> SafetyError | ServerError:
    """The server's refusal in one message; which class depends on whose objects are in the way."""
    message = (error.diag.message_primary or str(error) or type(error).__name__).splitlines()[0]
    so_far = "; the other database is done, and a second run finishes" if after_first else "; nothing was changed"
    if isinstance(error, (psycopg.errors.RaiseException, psycopg.errors.DuplicateFunction)):
        return SafetyError(
            f"{message}{so_far}", where=where, do="look at what is there, then run the same command again"
        )
    do = "look at the server's log; a second run does what is missing"
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        do = (
            "connect as the role that owns the jobs (it needs CREATE on the schema, USAGE on schema cron, and EXECUTE "
            "on cron.schedule_in_database where pg_cron lives in another database), or let a DBA run up.sql or down.sql"
        )
    return ServerError(f"the server refused: {message}{so_far}", where=where, do=do)
