"""Batches until few rows are left: read as turns, written as a LOOP that commits each and ends with the app's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import clinic_app
import pytest

from cronlift.model.verdict import ClassifiedJob
from cronlift.stages.classify import classify
from cronlift.stages.generate import generate
from cronlift.stages.translate import translate

GOLDEN = clinic_app.DATA / "golden"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clinic_app.write_clinic(tmp_path_factory.mktemp("batches"), clinic_app.cases("batches"))


@pytest.fixture(scope="module")
def jobs(application: Path) -> dict[str, ClassifiedJob]:
    found = {job.worker: job for job in classify(application).jobs}
    return {case.stem: found[clinic_app.module(case)] for case in clinic_app.cases("batches")}


@pytest.mark.parametrize("case", clinic_app.cases("batches"), ids=lambda p: p.stem)
def test_turns_are_pure_sql(case: Path, jobs: dict[str, ClassifiedJob]) -> None:
    job = jobs[case.stem]
    assert (job.verdict, [r.code for r in job.reasons]) == ("pure_sql", ["only-sql", "sent-in-turns"])
    counted = [step.turn for step in job.steps if step.turn is not None and step.turn.counted]
    assert [f"{turn.until} {turn.rows}" for turn in counted] == clinic_app.expected(case, "until")


def test_turns_are_no_list_of_statements(application: Path) -> None:
    found = translate(application, "Clinic.Workers.UntilNone.perform/1")
    assert (found.translatable, found.statements) == (False, ())
    assert "sent-in-turns" in [r.code for r in found.reasons]


@pytest.fixture
def planned(app_database: Any, application: Path) -> dict[str, str]:
    """The procedures, by the names of their cases, planned on the clinic's tables."""
    app_database.execute((clinic_app.DATA / "structure.sql").read_text())
    plan = generate(classify(application), application, app_database.server)
    assert plan.refused == ()
    texts = {job.worker: job.procedure_sql or "" for job in plan.jobs}
    return {case.stem: texts[clinic_app.module(case)] for case in clinic_app.cases("batches")}


def test_the_procedures_loop_as_the_app_does(planned: dict[str, str]) -> None:
    for name, text in planned.items():
        file = GOLDEN / f"{name}.sql"
        if os.environ.get("CRONLIFT_UPDATE_GOLDEN"):
            file.write_text(text + "\n", encoding="utf-8")
        assert text + "\n" == file.read_text(encoding="utf-8"), name
