"""When a row becomes due: before that instant its condition is false, from it on true, asked of the server."""

from __future__ import annotations

import pgparse
import pytest
from databases import AppDatabase

from cronlift.proof.scopes import Query
from cronlift.realtime.due import NotDerivableError, due

CLOCK = "now()"
CONDITIONS = [
    "a < now()",
    "a <= now()",
    "now() > a",
    "a < CURRENT_TIMESTAMP",
    "a < now() - interval '7 days'",
    "a + interval '90 minutes' < now()",
    "n < now() AT TIME ZONE 'UTC'",
    "n < timezone('Asia/Tokyo', now()) - interval '30 seconds'",
    "n < date_trunc('second', now() AT TIME ZONE 'UTC') - interval '1 hour'",
    "a < now() - interval '1 hour' AND b < now() AND state = 'done'",
    "a + ttl * interval '1 second' < now()",
    "a < now() + interval '2 days'",
]
REFUSED = {
    "a < now() - interval '1 month'": "no fixed length",
    "a < now() - '2 years'::interval": "no fixed length",
    "a > now()": "need not become due",
    "a < now() OR state = 'done'": "no plain comparison",
    "a BETWEEN now() - interval '1 day' AND now()": "no plain comparison",
    "a - now() < interval '1 day'": "both sides are computed",
    "a < now() - make_interval(secs => ttl)": "both sides are computed",
    "a::date < current_date": "cannot be solved for the time",
    "date_part('dow', now()) = 3 AND a < now()": "both sides are computed",
}


def query(condition: str) -> Query:
    """The conditions alone; which table the columns are of is not asked here."""
    where = pgparse.parse(f"SELECT 1 WHERE {condition}")[0]["stmt"]["SelectStmt"]["whereClause"]
    parts = where["BoolExpr"]["args"] if where.get("BoolExpr", {}).get("boolop") == "AND_EXPR" else [where]
    return Query({}, tuple(parts), ())


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_row_is_taken_from_that_instant_on(app_database: AppDatabase, condition: str) -> None:
    app_database.execute(
        "CREATE TABLE t (a timestamptz, b timestamptz, n timestamp, ttl integer, state text);"
        "INSERT INTO t SELECT now() + (n - 50) * interval '7 hours', now() + (n % 9 - 4) * interval '1 day', "
        "timezone('UTC', now()) + (n - 50) * interval '11 hours', n * 60, 'done' FROM generate_series(1, 100) AS n"
    )
    when = due(query(condition), "r.")
    assert when is not None
    early = condition.replace("CURRENT_TIMESTAMP", CLOCK).replace(CLOCK, "(due - interval '1 millisecond')")
    late = condition.replace("CURRENT_TIMESTAMP", CLOCK).replace(CLOCK, "(due + interval '1.001 seconds')")
    with app_database.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Kolkata'")
        row = connection.execute(
            f"SELECT count(*), count(*) FILTER (WHERE {early}), count(*) FILTER (WHERE {late}) "
            f"FROM (SELECT r.*, {when} AS due FROM t AS r) AS t"
        ).fetchone()
    assert row == (100, 0, 100), when


@pytest.mark.parametrize(("condition", "why"), REFUSED.items())
def test_what_has_no_such_instant_is_refused(condition: str, why: str) -> None:
    with pytest.raises(NotDerivableError, match=why):
        due(query(condition))


def test_without_a_clock_nothing_becomes_due() -> None:
    assert due(query("state = 'done' AND n IS NOT NULL")) is None
