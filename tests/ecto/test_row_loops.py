"""Loops over rows: which get one statement proposed, that it does what the loop does, and which are left alone.

What real Elixir with Ecto 3.13.5 left behind for each worker of loops/proposed was compared with both, statement and
loop, when the cases were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clinic_app
import psycopg
import pytest
from ecto_application import ZONE, server
from psycopg import sql

from cronlift.errors import UsageError
from cronlift.model.decision import Decision, Decisions
from cronlift.model.verdict import ClassifiedJob
from cronlift.proof.case import Case
from cronlift.proof.planned_job import prove
from cronlift.proof.row_loops import block
from cronlift.proof.session import sides
from cronlift.sandbox import Sandbox
from cronlift.stages import decisions as deciding
from cronlift.stages.classify import classify
from cronlift.stages.generate import generate

_DIFFERENCES = {"loop-as-one-statement", "loop-rows-between", "loop-commits-per-row"}
_STATE = """
SELECT jsonb_build_object(
  'visits', (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM visits AS t),
  'bills', (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM billing.bills AS t),
  'patients', (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM patients AS t),
  'doctors', (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM doctors AS t),
  'links', (SELECT jsonb_agg(to_jsonb(t) ORDER BY patient_id, label_id) FROM patient_labels AS t),
  'locks', (SELECT jsonb_agg(to_jsonb(t) ORDER BY key) FROM locks AS t),
  'rollups', (SELECT jsonb_agg(to_jsonb(t) ORDER BY id) FROM rollups AS t))
"""


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ClassifiedJob]:
    return clinic_app.classified(tmp_path_factory.mktemp("proposed"), clinic_app.cases("proposed"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ClassifiedJob]:
    return clinic_app.classified(tmp_path_factory.mktemp("kept"), clinic_app.cases("kept"))


@pytest.fixture(scope="module")
def clinic_database(sandbox: Sandbox) -> Iterator[psycopg.Connection[Any]]:
    """The clinic with its rows, in a session whose time zone is not UTC; everything is rolled back."""
    name = "clinic_loops"
    with psycopg.connect(**server(sandbox), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with psycopg.connect(**{**server(sandbox), "dbname": name}) as connection:
        connection.execute(f"SET timezone = '{ZONE}'")
        for file in ("structure.sql", "seed.sql"):
            connection.execute((clinic_app.DATA / file).read_bytes())
        connection.commit()
        yield connection
        connection.rollback()
    with psycopg.connect(**server(sandbox), autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _after(connection: psycopg.Connection[Any], texts: list[str]) -> Any:
    """Every table after the statements, which are then taken back; all in one transaction, so with one clock."""
    connection.execute("SAVEPOINT before")
    try:
        for text in texts:
            connection.execute(text.encode())
        (state,) = connection.execute(_STATE).fetchone() or (None,)
        return state
    finally:
        connection.execute("ROLLBACK TO SAVEPOINT before")


@pytest.mark.parametrize("case", clinic_app.cases("proposed"), ids=lambda p: p.stem)
def test_one_statement_is_proposed(case: Path, proposed: dict[str, ClassifiedJob]) -> None:
    job = proposed[case.stem]
    assert list(job.statements) == clinic_app.expected(case, "statement")
    assert job.verdict == "needs_review"
    assert {r.code for r in job.reasons} <= _DIFFERENCES
    assert "loop-as-one-statement" in {r.code for r in job.reasons}
    assert job.steps[-1].loop is not None


@pytest.mark.parametrize("case", clinic_app.cases("proposed"), ids=lambda p: p.stem)
def test_the_statement_leaves_what_the_loop_leaves(
    case: Path, proposed: dict[str, ClassifiedJob], clinic_database: psycopg.Connection[Any]
) -> None:
    steps = proposed[case.stem].steps
    loop = [block(s.loop) if s.loop else s.text for s in steps]
    one = [s.text for s in steps]
    assert loop != one
    before, after = _after(clinic_database, []), _after(clinic_database, loop)
    assert after != before
    assert _after(clinic_database, one) == after


@pytest.mark.parametrize("case", clinic_app.cases("kept"), ids=lambda p: p.stem)
def test_nothing_is_proposed(case: Path, kept: dict[str, ClassifiedJob]) -> None:
    job = kept[case.stem]
    codes = {r.code for r in job.reasons}
    assert set(clinic_app.expected(case, "reason")) <= codes
    assert job.verdict != "pure_sql"
    # Where the rows are gone through twice the first loop could be one statement; the job as a whole cannot move.
    assert all(step.loop is None for step in job.steps) or "parameter-unknown" in codes


def _decided(job: ClassifiedJob, **fields: Any) -> ClassifiedJob:
    decision = Decision(code_hash=job.code_hash, who="a", when="2026-01-01", why="looked at", **fields)
    (found,) = deciding.apply([job], Decisions(schema_version=1, jobs={job.id: decision}))
    return found


def test_only_a_decision_that_says_so_accepts_the_statement(proposed: dict[str, ClassifiedJob]) -> None:
    job = proposed["delete_each_capture"]
    with pytest.raises(UsageError, match="without a word on its loop"):
        _decided(job, verdict="pure_sql")
    decided = _decided(job, verdict="pure_sql", rewrite=True)
    assert (decided.verdict, decided.approved) == ("pure_sql", True)
    stale = job.model_copy(update={"code_hash": "sha256:other"})
    with pytest.raises(UsageError, match="stale"):
        deciding.apply([stale], Decisions(schema_version=1, jobs={job.id: Decision(
            code_hash=job.code_hash, who="a", when="b", why="c", verdict="pure_sql", rewrite=True)}))  # fmt: skip


def test_a_rewrite_cannot_be_accepted_where_none_is_proposed(kept: dict[str, ClassifiedJob]) -> None:
    with pytest.raises(UsageError, match="none is proposed"):
        _decided(kept["condition_on_the_row"], verdict="needs_review", move=False, rewrite=True)


def test_a_row_that_turns_up_twice_is_not_joined_silently(kept: dict[str, ClassifiedJob]) -> None:
    texts = [r.text for r in kept["joined_rows_repeat"].reasons if r.code == "loop-not-one-statement"]
    assert texts == ["the query may return a row more than once: its second turn fails in the application"]


@pytest.mark.parametrize("name", ["value_computed_from_the_row", "cast_and_validated", "condition_on_the_row"])
def test_no_decision_moves_a_job_without_its_statement(name: str, kept: dict[str, ClassifiedJob]) -> None:
    """The SELECT alone would be a job that does nothing, the statement alone one that does it once."""
    assert kept[name].steps
    with pytest.raises(UsageError, match="not all of what it writes"):
        _decided(kept[name], verdict="pure_sql")


_PROVED = {"delete_each_capture": "weak", "update_two_fields": "weak", "delete_the_last_five": "weak",
           "stream_in_transaction": "equal", "listed_ids_of_another_table": "equal"}  # fmt: skip


def test_accepted_statements_are_planned_and_proved(app_database: Any, tmp_path: Path) -> None:
    """From the source to the proof; what commits row by row is equal with that left open."""
    app_database.execute((clinic_app.DATA / "structure.sql").read_text() + (clinic_app.DATA / "seed.sql").read_text())
    workers = [case for case in clinic_app.cases("proposed") if case.stem in _PROVED]
    judged = classify(clinic_app.write_clinic(tmp_path, workers))
    names = {clinic_app.module(case): case.stem for case in workers}
    accepted = {
        job.id: Decision(code_hash=job.code_hash, who="a", when="b", why="c", verdict="pure_sql", rewrite=True)
        for job in judged.jobs
    }
    decisions = Decisions(schema_version=1, jobs=accepted)
    silent = generate(judged, tmp_path, app_database.server)
    assert (silent.jobs, silent.refused) == ((), ())
    decided = judged.model_copy(update={"jobs": tuple(deciding.apply(list(judged.jobs), decisions))})
    plan = generate(decided, tmp_path, app_database.server, decisions=decisions)
    assert plan.refused == ()
    assert all(any("stands for a loop, by decision" in text for text in job.warnings) for job in plan.jobs)
    found = {}
    for job in plan.jobs:
        with app_database.admin() as connection:
            app, role = sides(connection, plan.target, job)
        server_ = app_database.server.in_database(plan.target.cron_database)
        case = Case(server_, plan.target.database, plan.target, job, app, role, installed=False)
        found[names[job.worker]] = prove(case).result
    assert found == _PROVED
