"""The whole proof for one planned job: which way it can be proved, and the ways put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial

import psycopg

from cronlift import resources
from cronlift.model.verdict import Step
from cronlift.model.verification import Proof
from cronlift.postgres.server import Connection
from cronlift.proof import changes, row_loops, savepoints, segments, turns
from cronlift.proof.case import Case, Procedure, procedure_of, reach_of
from cronlift.proof.comparing import Pair
from cronlift.proof.counters import Sequences
from cronlift.proof.findings import Finding, SideError, together
from cronlift.proof.on_copies import beside_the_worker, on_copies
from cronlift.proof.reach import Reach
from cronlift.proof.session import run_app, run_command
from cronlift.proof.states import Bench, OthersError
from cronlift.proof.tables import Tables

_TRIES = 3


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
        procedure = procedure_of(connection, case)
        reach, tables = reach_of(connection, case, case.job.steps, whole=True)
        if reach.outside:
            why = tuple(sorted(reach.outside))
            proof = Proof(open=why)
            return Finding(
                "unproved", f"not run, since it can reach outside of the database: {why[0]}", why, proof=proof
            )
        if case.job.procedure_sql is None:
            parts: list[Finding | None] = [_same_statement(case)]
        elif not case.job.steps:
            parts = []  # nothing of it could be read: the worker is all there is
        elif not procedure.ends_transactions and reach.ending:
            parts = []  # what is called ends transactions, which no transaction of a proof can hold: on copies
        elif not procedure.ends_transactions:
            parts = [_whole(connection, bench, case, reach, tables), _boundaries(case, procedure)]
        else:
            parts = [*_by_parts(connection, bench, case, procedure), _boundaries(case, procedure)]
    ends = procedure.ends_transactions or bool(reach.ending)
    if case.job.steps and (case.job.procedure_sql is None or ends or reach.channels):
        parts.append(on_copies(case, procedure, reach))
    if case.worker is not None:
        parts.append(beside_the_worker(case, case.worker, procedure, reach))
    parts += row_loops.findings(case.job.steps)
    parts += [Finding("weak", f"not compared: {text}", proof=Proof(open=(text,))) for text in reach.unheard]
    return together([part for part in parts if part is not None])


def _whole(connection: Connection, bench: Bench, case: Case, reach: Reach, tables: Tables) -> Finding:
    app, command = partial(run_app, steps=case.job.steps), partial(run_command, command=case.job.call)
    pair = Pair(case.app, case.role, app, command, case.job.masks)
    return savepoints.prove(connection, bench, pair, reach, tables)


def _by_parts(connection: Connection, bench: Bench, case: Case, procedure: Procedure) -> Iterator[Finding]:
    """Each of the app's transactions against the part of the procedure of the same number, on the state before it."""
    body = procedure.body
    if isinstance(body, str):
        yield from _in_one(connection, bench, case, procedure, body)
        return
    if len(body.parts) != len(case.transactions):
        return  # said by _boundaries already; parts that do not belong together prove nothing
    for number, steps in enumerate(case.transactions):
        block = segments.block(body, number)
        reach, tables = reach_of(connection, case, steps, texts=[text for _, text in body.parts[number]])
        app, command = partial(run_app, steps=steps), partial(run_command, command=block)
        pair = Pair(case.app, case.role, app, command, case.job.masks)
        found = savepoints.prove(connection, bench, pair, reach, tables)
        title = f"transaction {number + 1} of {len(case.transactions)}"
        lines = tuple(f"{title}: {line}" for line in found.lines)
        yield replace(found, text=f"{title}: {found.text}", lines=lines, details={title: found.details})
        if found.result in ("differs", "unproved"):
            return
        try:
            bench.keep(case.app, partial(_kept, steps=steps))
        except SideError as error:
            yield Finding("unproved", f"{title} fails when it is kept: {error}")
            return


def _kept(connection: Connection, steps: Sequence[Step]) -> None:
    """An app's transaction that stays; where it is a turn of its own, as often as the application repeats it."""
    alone = steps[0].turn is not None and any(s.turn is not None and s.turn.leaves for s in steps)
    if alone:
        turns.run(connection, [steps], lambda _: nullcontext())
    else:
        run_app(connection, steps)


def _in_one(connection: Connection, bench: Bench, case: Case, procedure: Procedure, why: str) -> Iterator[Finding]:
    """A procedure that cannot be taken apart: its COMMITs left out, everything in one transaction with one now()."""
    yield Finding("weak", f"the procedure could not be taken apart at its COMMITs: {why}")
    block = segments.without_commits(procedure.definition or "")
    if block is None or any(step.alone for step in case.job.steps):
        return
    reach, tables = reach_of(connection, case, case.job.steps, whole=True)
    app, command = partial(run_app, steps=case.job.steps), partial(run_command, command=block)
    found = savepoints.prove(connection, bench, Pair(case.app, case.role, app, command, case.job.masks), reach, tables)
    title = "in one transaction, its COMMITs left out"
    result = "weak" if found.result == "unproved" else found.result
    lines = tuple(f"{title}: {line}" for line in found.lines)
    yield replace(found, result=result, text=f"{title}: {found.text}", lines=lines, details={title: found.details})


def _boundaries(case: Case, procedure: Procedure) -> Finding | None:
    """Where the app's transactions end, against where the procedure's do (rule 3 of the design: the same places)."""
    wanted = len(case.transactions)
    repeated = turns.wanted(case.transactions)
    if any(repeated) and not procedure.ends_transactions:
        return Finding("differs", "the app commits after each turn of its loop, the procedure never does")
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
    if list(procedure.body.repeated) != repeated:
        return Finding("differs", "the procedure's loop is not the app's: its turns, or what ends them, are others")
    again = "; its loop's turns and what ends them are the app's" if any(repeated) else ""
    return Finding("equal", f"the procedure commits where the app does ({wanted} transactions){again}")


def _same_statement(case: Case) -> Finding:
    """A command that stands alone: it must be the app's own statement, names qualified."""
    (step,) = case.job.steps
    same = segments.same_statement(step.text, case.job.call)
    text = f"the cron command is the app's own statement ({step.command}), with its names qualified"
    if same:
        return Finding("equal", text)
    return Finding("differs", f"the cron command {case.job.call!r} is not the app's statement {step.text!r}")


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
