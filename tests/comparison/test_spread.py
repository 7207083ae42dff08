"""Median and spread, by the rule PostgreSQL has."""

from __future__ import annotations

import pytest
from databases import AppDatabase

from cronlift.comparison.spread import figure, spread


def test_quartiles_are_those_of_percentile_cont(app_database: AppDatabase) -> None:
    values = [4.0, 1.5, 9.25, 2.0, 7.0, 3.0, 100.0]
    found = spread(values)
    assert found is not None
    with app_database.connect() as connection:
        row = connection.execute(
            "SELECT percentile_cont(ARRAY[0, 0.25, 0.5, 0.75, 0.95, 1]) WITHIN GROUP (ORDER BY v) FROM unnest(%s) AS v",
            (values,),
        ).fetchone()
    assert row is not None
    ours = (found.least, found.p25, found.median, found.p75, found.p95, found.most)
    assert ours == pytest.approx(row[0])
    assert found.n == len(values)


def test_nothing_measured_has_no_spread() -> None:
    assert spread([]) is None


def test_one_value_is_its_own_spread() -> None:
    found = spread([3.0])
    assert found is not None
    assert (found.least, found.p25, found.median, found.p95, found.most) == (3.0,) * 5


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.0"), (0.012, "0.01"), (0.9, "0.9"), (19.94, "19.9"), (1234.5, "1,234"), (20.4, "20")]
)
def test_figures_have_the_digits_they_deserve(value: float, text: str) -> None:
    assert figure(value) == text


def test_a_spread_says_its_middle_half() -> None:
    assert str(spread([1.0, 2.0, 3.0, 4.0, 5.0])) == "3.0 (2.0–4.0)"
