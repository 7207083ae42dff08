"""Statements in SQL that store NULL where the application's migrations say NOT NULL: PostgreSQL refuses them."""

from __future__ import annotations

from cronlift.ecto.constraints import check_not_null
from cronlift.ecto.database import Database
from cronlift.ecto.refusals import RaisesError
from cronlift.model.verdict import Reason, Step
from cronlift.sql.stored import nulls_stored


def refused_nulls(database: Database, steps: list[Step]) -> list[Reason]:
    """A reason for each statement that certainly fails so (error 23502)."""
    reasons = []
    for step in steps:
        tables = database.tables(step.repo)
        for relation, column in nulls_stored(step.text):
            prefix, _, name = relation.rpartition(".")
            try:
                check_not_null(tables.get(prefix or None, name), column, is_null=True)
            except RaisesError as error:
                reasons.append(Reason(code=error.code, text=error.text, file=step.file, line=step.line))
    return reasons
