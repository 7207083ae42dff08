"""The whole proof for one planned job: which way it can be proved, and the ways put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.generate.statements import create_procedure, drop_procedure
from cronlift.installation import state
from cronlift.model.plan import PlannedJob, Target
from cronlift.model.verdict import Step
from cronlift.postgres.server import Connection, Server
from cronlift.proof import changes, clones, savepoints, segments
from cronlift.proof.comparing import Pair
from cronlift.proof.counters import Sequences
from cronlift.proof.findings import Finding, SideError, together
from cronlift.proof.reach import Reach, Walker
from cronlift.proof.segments import Body
from cronlift.proof.session import Side, run_app, run_command
from cronlift.proof.states import Bench, OthersError
from cronlift.proof.tables import Tables
from cronlift.sql.rewrite import replace_parameters

_TRIES = 3


@dataclass(frozen=True)
class Case:
    """One job to prove on ``database`` of ``server`` (which carries the mark).

    ``installed``: that database is where the plan is installed, so the procedure that is there is judged; else the
    planned one is (and put there inside the proof where it is missing or another).
    """

    server: Server
    database: str
    target: Target
    job: PlannedJob
    app: Side
    role: Side
    installed: bool

    @property
    def transactions(self) -> list[list[Step]]:
        return segments.transactions(self.job.steps)


@dataclass(frozen=True)
class _Procedure:
    """The procedure that is judged: its definition (None where the command stands alone) and what makes it be there."""

    definition: str | None
    before: tuple[sql.Composable, ...]
    ends_transactions: bool
    body: Body | str


def prove(case: Case) -> Finding:
    """Whether the job's command leaves the rows that the app's statements leave. Nothing stays in the database."""
    for attempt in range(_TRIES):
        try:
            return _prove(case)
        except OthersError as others:
            if attempt == _TRIES - 1:
                return Finding("unproved", f"others are at work on the proof database: {others}")
    raise AssertionError("the last try returns")


def _prove(case: Case) -> Finding:
    with _transaction(case) as (connection, bench):
        procedure = _procedure(connection, case)
        reach, tables = _reach(connection, case, case.job.steps, whole=True)
        if reach.outside:
            why = tuple(sorted(reach.outside))
            return Finding("unproved", f"not run, since it can reach outside of the database: {why[0]}", why)
        if case.job.procedure_sql is None:
            parts: list[Finding | None] = [_same_statement(case)]
        elif not procedure.ends_transactions:
            parts = [_whole(connection, bench, case, reach, tables), _boundaries(case, procedure)]
        else:
            parts = [*_by_parts(connection, bench, case, procedure), _boundaries(case, procedure)]
    if case.job.procedure_sql is None or procedure.ends_transactions:
        parts.append(_on_copies(case, procedure, reach))
    return together([part for part in parts if part is not None])


def _whole(connection: Connection, bench: Bench, case: Case, reach: Reach, tables: Tables) -> Finding:
    app, command = partial(run_app, steps=case.job.steps), partial(run_command, command=case.job.call)
    pair = Pair(case.app, case.role, app, command, case.job.masks)
    return savepoints.prove(connection, bench, pair, reach, tables)


def _by_parts(connection: Connection, bench: Bench, case: Case, procedure: _Procedure) -> Iterator[Finding]:
    """Each of the app's transactions against the part of the procedure of the same number, on the state before it."""
    body = procedure.body
    if isinstance(body, str):
        yield Finding("weak", f"the procedure could not be taken apart at its COMMITs: {body}")
        return
    if len(body.parts) != len(case.transactions):
        return  # said by _boundaries already; parts that do not belong together prove nothing
    for number, steps in enumerate(case.transactions):
        block = segments.block(body, number)
        reach, tables = _reach(connection, case, steps, texts=[text for _, text in body.parts[number]])
        app, command = partial(run_app, steps=steps), partial(run_command, command=block)
        pair = Pair(case.app, case.role, app, command, case.job.masks)
        found = savepoints.prove(connection, bench, pair, reach, tables)
        title = f"transaction {number + 1} of {len(case.transactions)}"
        lines = tuple(f"{title}: {line}" for line in found.lines)
        yield replace(found, text=f"{title}: {found.text}", lines=lines, details={title: found.details})
        if found.result in ("differs", "unproved"):
            return
        try:
            bench.keep(case.app, partial(run_app, steps=steps))
        except SideError as error:
            yield Finding("unproved", f"{title} fails when it is kept: {error}")
            return


def _boundaries(case: Case, procedure: _Procedure) -> Finding | None:
    """Where the app's transactions end, against where the procedure's do (rule 3 of the design: the same places)."""
    wanted = len(case.transactions)
    words = f"the app commits {wanted} times" if wanted > 1 else "the app's statements are one transaction"
    if not procedure.ends_transactions:
        if wanted == 1:
            return None
        return Finding("differs", f"{words}, the procedure holds everything in one transaction")
    if isinstance(procedure.body, str):
        return None
    found = len(procedure.body.parts)
    if found != wanted:
        return Finding("differs", f"{words}, the procedure's COMMITs make {found} transactions")
    return Finding("equal", f"the procedure commits where the app does ({wanted} transactions)")


def _same_statement(case: Case) -> Finding:
    """A command that stands alone: it must be the app's own statement, names qualified."""
    (step,) = case.job.steps
    same = segments.same_statement(step.text, case.job.call)
    text = f"the cron command is the app's own statement ({step.command}), with its names qualified"
    if same:
        return Finding("equal", text)
    return Finding("differs", f"the cron command {case.job.call!r} is not the app's statement {step.text!r}")


def _on_copies(case: Case, procedure: _Procedure, reach: Reach) -> Finding:
    must = {(t.schema, t.relation) for t in (*reach.written.values(), *reach.refreshed.values())}
    found = clones.prove(
        case.server,
        case.database,
        clones.Work(case.app, case.role, case.transactions, case.job.call, procedure.before, frozenset(must)),
    )
    if found.result == "unproved" and not isinstance(procedure.body, str):
        return replace(found, result="weak")
    return found


def _reach(
    connection: Connection, case: Case, steps: Sequence[Step], *, whole: bool = False, texts: Sequence[str] = ()
) -> tuple[Reach, Tables]:
    tables = Tables(connection, case.target.search_path)
    walker = Walker(connection, case.target.search_path, tables)
    for step in steps:
        text = replace_parameters(step.sql, {p.position: p.sql for p in step.parameters})
        walker.statement(text, f"{step.file}:{step.line}")
    for text in texts:
        walker.statement(text, "the procedure")
    if whole and case.job.procedure is not None:
        walker.functions(case.job.procedure, case.job.schema_name)
    return walker.reach, tables


def _procedure(connection: Connection, case: Case) -> _Procedure:
    """The procedure to judge, put into the open transaction where need be."""
    job = case.job
    if job.procedure_sql is None:
        return _Procedure(None, (), False, "there is no procedure")
    row = _look(connection, job)
    before: tuple[sql.Composable, ...] = ()
    if row is None or (not case.installed and state.procedure(connection, job, case.target).state != "present"):
        drop = drop_procedure(job) if row is not None else ()
        before = (*drop, *create_procedure(job))
        for statement in before:
            connection.execute(sql.Composed([statement]))
        row = _look(connection, job)
    assert row is not None
    definition, language = str(row[1]), row[2]
    if language != "plpgsql":
        return _Procedure(definition, before, False, f"it is written in {language}")
    ends = segments.ends_transactions(definition)
    return _Procedure(definition, before, ends, segments.take_apart(definition))


def _look(connection: Connection, job: PlannedJob) -> tuple[object, ...] | None:
    values = {"schema": job.schema_name, "name": job.procedure}
    return connection.execute(resources.sql("proof/procedure"), values).fetchone()


@contextmanager
def _transaction(case: Case) -> Iterator[tuple[Connection, Bench]]:
    """The transaction everything happens in; rolled back, and the sequences put back, whatever happens."""
    connection = case.server.connect(case.database, read_only=False)
    try:
        connection.autocommit = True
        connection.execute("SET client_encoding = 'UTF8'")
        sequences = Sequences(connection)
        connection.execute(resources.sql("proof/begin"))
        changes.prepare(connection)
        connection.execute(resources.sql("proof/session"))
        try:
            yield connection, Bench(connection, sequences)
        finally:
            if not connection.closed:
                connection.execute("ROLLBACK")
                with suppress(psycopg.Error):
                    sequences.restore()
    finally:
        connection.close()
