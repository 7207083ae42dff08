"""fence-remove and uninstall: what a rollback leaves, since other jobs may need it, goes by itself and last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.errors import SafetyError
from cronlift.generate import managed, statements
from cronlift.generate.quoting import Text, Verbatim, template
from cronlift.handover import gate
from cronlift.handover.operation import hand, instant
from cronlift.handover.transcript import Transcript
from cronlift.installation import refusal, state
from cronlift.installation.act import FENCING
from cronlift.installation.patience import PATIENCE, GaveUpError, Patience, patiently
from cronlift.installation.sessions import Sessions, opened
from cronlift.model.handover import Handover, Verb
from cronlift.model.plan import Plan
from cronlift.postgres.server import Connection, Server


def remove_fence(plan: Plan, server: Server, *, apply: bool, run_id: str = "") -> Handover:
    """Take the fence off the plan's queue tables; without ``apply`` only say so.

    Only the tables' owner can (DROP TRIGGER), and nobody may use a table meanwhile, so each try waits 100 ms at most.
    Raises SafetyError while pg_cron owns a job whose rows the fence holds back.
    """
    wanted = [relation for relation, _ in managed.fences(plan.jobs)]
    with opened(plan.target, server, apply=apply) as sessions:
        there = {relation: queue for relation, queue in _fences(sessions.app).items() if relation in wanted}
        _require_none_open(sessions.app, list(there))
        done = Transcript()
        notes = _drop_fences(sessions.app, server, there, done, apply=apply)
        document = _document(plan, sessions, "fence-remove", apply, run_id, notes)
        return document.model_copy(update={"statements": tuple(done.statements)})


def uninstall(plan: Plan, server: Server, *, apply: bool, run_id: str = "") -> Handover:
    """Remove all that cronlift keeps for managed jobs in this database: sweepers, fences, the schema with the run log,
    and the owner's role where no other database needs it. Raises SafetyError while a job is behind the gate."""
    with opened(plan.target, server, apply=apply) as sessions:
        document = _document(plan, sessions, "uninstall", apply, run_id, [])
        if state.has_schema(sessions.app):
            left = sessions.app.execute(resources.sql("handover/all_rows")).fetchall()
            sessions.app.rollback()
            if left:
                raise SafetyError(
                    f"jobs are still behind the gate: {', '.join(str(row[0]) for row in left)}; nothing was removed",
                    do="roll each plan back first: cronlift rollback --apply",
                )
        _require_nothing_elses(sessions.app)
        done = Transcript()
        notes = _drop_sweepers(plan, sessions, server, done, apply=apply)
        notes += _drop_fences(sessions.app, server, _fences(sessions.app), done, apply=apply)
        notes += _drop_schema(plan, sessions, server, done, apply=apply)
        return document.model_copy(update={"notes": tuple(notes), "statements": tuple(done.statements)})


def _fences(app: Connection) -> dict[str, bool]:
    """The fenced tables, and whether rows are turned away into a queue of theirs."""
    found = {str(relation): bool(queue) for relation, queue in app.execute(resources.sql("handover/fences"))}
    app.rollback()
    return found


def _require_none_open(app: Connection, relations: Sequence[str]) -> None:
    if not relations or not state.has_schema(app):
        return
    found = app.execute(resources.sql("handover/open_on"), {"relations": list(relations)}).fetchall()
    app.rollback()
    if found:
        raise SafetyError(
            "without the fence the application would run these jobs beside pg_cron; nothing was removed",
            where=", ".join(str(job) for (job,) in found),
            do="give them back first (cronlift jobs rollback), or leave the fence: it costs an insert next to nothing",
        )


def _require_nothing_elses(app: Connection) -> None:
    """Raises SafetyError where something that is not cronlift's would go with the schema."""
    if not state.has_schema(app):
        return
    found = app.execute(template("handover/strangers", trigger=Text(managed.TRIGGER))).fetchall()
    app.rollback()
    if found:
        raise SafetyError(
            "other objects need schema cronlift, and would go with it; nothing was removed",
            where=", ".join(str(name) for (name,) in found),
            do="drop or change them first",
        )


def _drop_fences(
    app: Connection, server: Server, relations: Mapping[str, bool], done: Transcript, *, apply: bool
) -> list[str]:
    if apply:
        for relation, queue in relations.items():
            # The sweeper takes these rows out every minute; of the last minute, nobody would.
            left = [template("handover/take_out", relation=Verbatim(relation))] if queue else []
            _do(app, server, [*left, managed.drop_fence(relation)], done, FENCING)
    return [f"the fence on {relation} {'is' if apply else 'would be'} removed" for relation in relations]


def _drop_sweepers(plan: Plan, sessions: Sessions, server: Server, done: Transcript, *, apply: bool) -> list[str]:
    rows = sessions.cron.execute(resources.sql("handover/sweepers"), {"database": plan.target.database}).fetchall()
    sessions.cron.rollback()
    if apply and rows:
        todo = [s for name, role in rows for s in statements.unschedule_entry(str(name), str(role))]
        _do(sessions.cron, server, todo, done)
    return [f"cron entry {name} {'is' if apply else 'would be'} removed" for name, _ in rows]


def _drop_schema(plan: Plan, sessions: Sessions, server: Server, done: Transcript, *, apply: bool) -> list[str]:
    app = sessions.app
    found = state.schema(app, managed.roles(plan.jobs), plan.target)
    there = app.execute("SELECT pg_catalog.to_regnamespace('cronlift') IS NOT NULL").fetchone() == (True,)
    app.rollback()
    if not there:
        return []
    if found.state == "foreign":
        raise SafetyError("schema cronlift is somebody else's; it stays", do="look at its comment and owner")
    if not apply:
        return ["schema cronlift, with the run log, would be removed"]
    _do(app, server, [template("handover/drop_schema")], done)
    notes = ["schema cronlift, with the run log, is removed"]
    used = app.execute(resources.sql("handover/role_used")).fetchone()
    app.rollback()
    if used == (0,):
        try:
            _do(app, server, [template("handover/drop_role")], done)
        except psycopg.errors.InsufficientPrivilege:
            app.rollback()
            notes.append(
                "role cronlift_owner stays: a role that may create roles can drop it (DROP ROLE cronlift_owner)"
            )
    return notes


def _do(
    connection: Connection,
    server: Server,
    todo: Sequence[sql.Composable],
    done: Transcript,
    patience: Patience = PATIENCE,
) -> None:
    database = connection.info.dbname
    noted = len(done.statements)
    done.note(connection, todo)
    connection.rollback()

    def transaction() -> None:
        for statement in todo:
            connection.execute(sql.Composed([statement]))

    try:
        patiently(connection, server, transaction, patience)
    except GaveUpError as gave_up:
        raise refusal.locked(gave_up, database, after_first=False) from None
    except psycopg.errors.InsufficientPrivilege as error:
        del done.statements[noted:]
        if any("DROP ROLE" in statement.as_string(None) for statement in todo):
            raise
        raise refusal.refused(error, f"database {database}") from None
    except psycopg.Error as error:
        raise refusal.refused(error, f"database {database}") from None


def _document(plan: Plan, sessions: Sessions, verb: Verb, apply: bool, run_id: str, notes: Sequence[str]) -> Handover:
    rows = gate.rows(sessions.app, [job.id for job in plan.gated])
    now = gate.clock(sessions.app)
    sessions.app.rollback()
    return Handover(
        run_id=run_id,
        plan_hash=plan.hash,
        verb=verb,
        applied=apply,
        at=instant(now) or "",
        jobs=tuple(hand(job.id, rows.get(job.id), None) for job in plan.gated),
        notes=tuple(notes),
    )
