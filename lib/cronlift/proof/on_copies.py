"""A job proved on copies: the app's statements, or the app's own worker, against the entry's command."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial

import psycopg
from psycopg import sql

from cronlift.model.verdict import Step
from cronlift.model.verification import Proof
from cronlift.postgres.server import Connection
from cronlift.proof import clones, planting, turns
from cronlift.proof.case import Case, Procedure, reach_of
from cronlift.proof.copied import Run, Work
from cronlift.proof.copies import session
from cronlift.proof.findings import Finding
from cronlift.proof.reach import Reach
from cronlift.proof.session import become, run_command, side_error, wearing
from cronlift.proof.worker import Worker, WorkerError, own, unforeseen
from cronlift.sources import bookkeeping


def on_copies(case: Case, procedure: Procedure, reach: Reach) -> Finding:
    """The app's statements in their transactions against the command, from end to end."""

    def app(database: str) -> None:
        with session(case.server, database) as connection:
            try:
                become(connection, case.app, local=False)
                turns.run(connection, case.transactions, partial(_surrounding, connection))
            except psycopg.Error as error:
                raise side_error(error) from error

    found = clones.prove(case.server, case.database, _work(case, procedure, reach, app))
    if found.result == "unproved" and not isinstance(procedure.body, str):
        return replace(found, result="weak")
    return found


def _surrounding(connection: Connection, steps: Sequence[Step]) -> AbstractContextManager[object]:
    # A procedure may end transactions only where it is called outside of one.
    return nullcontext() if steps[0].alone or steps[0].command == "CALL" else connection.transaction()


def beside_the_worker(case: Case, worker: Worker, procedure: Procedure, reach: Reach) -> Finding:
    """The application's own command on one copy, the procedure on another; rows planted where no clock decides."""
    scheduler = bookkeeping(case.job.id)
    work = replace(_work(case, procedure, reach, worker.run), scheduler=scheduler)
    try:
        found = clones.prove(case.server, case.database, replace(work, plant=partial(_plant, case)))
        if found.result == "unproved":
            found = clones.prove(case.server, case.database, work)
    except WorkerError as error:
        return Finding("unproved", str(error), tuple(worker.words.splitlines()))
    sent = own(worker.sent, scheduler, worker.functions)
    lines = [f"the application's command sent {len(worker.sent)} statements, {len(sent)} of them the job's"]
    more, less = unforeseen(sent, case.job.steps)
    lines += [f"sent, and not read in the source: {_short(text)}" for text in more]
    lines += [f"read in the source, and not sent: {_short(text)}" for text in less]
    if not sent:
        lines.append("the command sent none of the job's statements: did it run the job?")
        found = replace(found, result="weak" if found.result == "equal" else found.result)
    title = "the application's own worker and the procedure"
    proof = found.proof.model_copy(update={"sent": sent})
    text = f"{title}: {found.text}"
    return replace(found, text=text, lines=(*lines, *found.lines), details={title: found.details}, proof=proof)


def _work(case: Case, procedure: Procedure, reach: Reach, app: Run) -> Work:
    def before(database: str) -> None:
        with session(case.server, database) as connection:
            for statement in procedure.before:
                connection.execute(sql.Composed([statement]))

    def job(database: str) -> None:
        with session(case.server, database) as connection:
            become(connection, case.role, local=False)
            run_command(connection, case.job.call)

    must = {(t.schema, t.relation) for t in (*reach.written.values(), *reach.refreshed.values())}
    channels = tuple(reach.channels)
    return Work(app, job, before, frozenset(must), case.job.masks, channels)


def _plant(case: Case, database: str) -> Proof:
    """Rows on the boundaries, for good, in what the copies start from. Infinities are left out: a driver may not read
    them, which would tell nothing about the job."""
    with session(case.server, database) as connection, connection.transaction():
        reach, tables = reach_of(connection, case, case.job.steps, whole=True)
        rows, _ = planting.wanted(reach, tables)
        with wearing(connection, case.app.settings):
            return Proof(planted=planting.plant(connection, rows, extremes=False).plantings)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:159]}…"
