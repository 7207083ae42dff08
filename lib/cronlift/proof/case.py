"""One job to prove: where, as whom, against which procedure, and what both can set in motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from cronlift import resources
from cronlift.generate.statements import create_procedure, drop_procedure
from cronlift.installation import state
from cronlift.model.plan import PlannedJob, Target
from cronlift.model.verdict import Step
from cronlift.postgres.server import Connection, Server
from cronlift.proof import segments
from cronlift.proof.reach import Reach, Walker
from cronlift.proof.segments import Body
from cronlift.proof.session import Side
from cronlift.proof.tables import Tables
from cronlift.proof.worker import Worker
from cronlift.sql.rewrite import replace_parameters


@dataclass(frozen=True)
class Case:
    """One job to prove on ``database`` of ``server`` (which carries the mark).

    ``installed``: that database is where the plan is installed, so the procedure that is there is judged; else the
    planned one is (and put there inside the proof where it is missing or another). ``worker``: the application's own
    command, which then is run, too.
    """

    server: Server
    database: str
    target: Target
    job: PlannedJob
    app: Side
    role: Side
    installed: bool
    worker: Worker | None = None

    @property
    def transactions(self) -> list[list[Step]]:
        return segments.transactions(self.job.steps)


@dataclass(frozen=True)
class Procedure:
    """The procedure that is judged: its definition (None where the command stands alone) and what makes it be there."""

    definition: str | None
    before: tuple[sql.Composable, ...]
    ends_transactions: bool
    body: Body | str


def reach_of(
    connection: Connection, case: Case, steps: Sequence[Step], *, whole: bool = False, texts: Sequence[str] = ()
) -> tuple[Reach, Tables]:
    """What the app's ``steps`` (and ``texts``, and with ``whole`` the procedure) reach, and the tables behind it."""
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


def procedure_of(connection: Connection, case: Case) -> Procedure:
    """The procedure to judge, put into the open transaction where need be."""
    job = case.job
    if job.procedure_sql is None:
        return Procedure(None, (), False, "there is no procedure")
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
        return Procedure(definition, before, False, f"it is written in {language}")
    ends = segments.ends_transactions(definition)
    return Procedure(definition, before, ends, segments.take_apart(definition))


def _look(connection: Connection, job: PlannedJob) -> tuple[object, ...] | None:
    values = {"schema": job.schema_name, "name": job.procedure}
    return connection.execute(resources.sql("proof/procedure"), values).fetchone()
