"""Each comparison's planted rows decide: with all other conditions around, some of them pass and others do not."""

from __future__ import annotations

from typing import Any

import pgparse
import pytest
from psycopg import sql

from cronlift.proof.comparisons import wanted_rows
from cronlift.proof.planting import plant
from cronlift.proof.tables import Tables

SCHEMA = """
CREATE TYPE state AS ENUM ('new', 'done', 'lost');
CREATE TABLE job (
  id bigserial PRIMARY KEY, state state NOT NULL, tries integer, name text, at timestamptz, local timestamp,
  day date, price numeric(6, 2), rate double precision, live boolean NOT NULL, gone_at timestamptz, "Max" smallint
);
INSERT INTO job (state, tries, name, at, local, day, price, rate, live, "Max")
SELECT 'new', 1, 'x', now(), now(), current_date, 1, 1, true, 5 FROM generate_series(1, 3);
"""

CONDITIONS = {
    "at < now() - interval '7 days'": ["at"],
    "state = 'done' AND at <= now() AND NOT live": ["state", "at", "live"],
    "gone_at IS NOT NULL AND at < now()": ["gone_at", "at"],
    "gone_at IS NULL AND tries >= 3": ["gone_at", "tries"],
    "tries > 5 OR price < 0.5 OR name = 'x'": ["tries", "price", "name"],
    "NOT (tries > 5 AND live)": ["tries", "live"],
    "(state = 'done' AND at < now()) OR (state = 'lost' AND day < current_date)": ["at", "day", "state"],
    "state IN ('done', 'lost') AND tries BETWEEN 2 AND 4": ["state", "tries"],
    "tries NOT BETWEEN 2 AND 4 AND live IS NOT TRUE": ["tries", "live"],
    "at + interval '1 hour' < now()": ["at"],
    "now() - at > interval '90 minutes'": ["at"],
    "extract(epoch FROM now() - at) >= 60": ["at"],
    "local < now() AT TIME ZONE 'UTC'": ["local"],
    "local AT TIME ZONE 'Asia/Tokyo' < now()": ["local"],
    "at::date = current_date": ["at"],
    "date_trunc('week', at) < date_trunc('week', now())": ["at"],
    "coalesce(tries, 0) < 3": ["tries"],
    "10 > tries * 2": ["tries"],
    "rate > 0.25 AND price <> 3": ["rate", "price"],
    "lower(name) = 'abc'": ["name"],
    "name > 'm'": ["name"],
    'tries >= "Max"': ["tries"],
    "now() >= at": ["at"],
    "day IS DISTINCT FROM current_date": ["day"],
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_rows_of_every_boundary_decide(app_database: Any, condition: str) -> None:
    app_database.execute(SCHEMA)
    with app_database.admin() as connection:
        statement = pgparse.parse(f"DELETE FROM job WHERE {condition}")[0]["stmt"]
        found = wanted_rows(statement, Tables(connection, ["public"]))
        assert not found.not_written, found.not_written
        for column in CONDITIONS[condition]:
            rows = [w for w in found.wanted if any(w.label.startswith(f"{column} ") for _ in w.stands)]
            planted = plant(connection, rows, extremes="now() - at" not in condition)  # no infinity minus
            assert not planted.failed, planted.failed
            places = [place for (_, *place), _ in planted.places]
            passed = {
                connection.execute(
                    sql.SQL("SELECT coalesce({}, false) FROM job WHERE tableoid = %s AND ctid = %s::tid").format(
                        sql.SQL(condition)
                    ),
                    place,
                ).fetchone()
                for place in places
            }
            assert {(True,), (False,)} <= passed, f"{column}: {passed}; {[w.values for w in rows]}"
        connection.rollback()


VAIN = {
    "length(name) > 3": "name: the column stands inside length(…)",
    "tries > (SELECT avg(tries) FROM job)": "a subquery",
    "name LIKE 'a%'": "the operator ~~",
    "random() < tries": "random(), which does not stand still",
    "id = ANY (ARRAY[1, 2])": "the operator =",
}


@pytest.mark.parametrize("condition", VAIN)
def test_what_cannot_be_solved_is_named(app_database: Any, condition: str) -> None:
    app_database.execute(SCHEMA)
    with app_database.admin() as connection:
        statement = pgparse.parse(f"DELETE FROM job WHERE {condition}")[0]["stmt"]
        found = wanted_rows(statement, Tables(connection, ["public"]))
    connection.close()
    assert any(VAIN[condition] in text for text in found.not_written), found
    assert not found.wanted
