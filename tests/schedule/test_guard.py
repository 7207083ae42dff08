"""The guard's SQL, run by PostgreSQL for starts on time, late, and late across midnight."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from cronlift.postgres.server import Connection
from cronlift.sandbox import Sandbox
from cronlift.schedule import convert, next_firings, next_source_firings
from cronlift.schedule.guard import NOW

NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"
GUARDED = [
    ("0 5 8-14 * TUE", "Etc/UTC", "GMT"),
    ("59 23 13 * FRI", "Etc/UTC", "GMT"),
    ("*/7 9-17 2-8 * MON-FRI", "Etc/UTC", "GMT"),
    ("0 0 29 2 1,4", "Etc/UTC", "GMT"),
    ("0 5 * * *", NEW_YORK, "GMT"),
    ("30 1,2 * * *", NEW_YORK, "GMT"),
    ("30 23 * * SUN", NEW_YORK, "GMT"),
    ("0 0 1 * *", NEW_YORK, "GMT"),
    ("15 2 1-7 * SUN", LORD_HOWE, "GMT"),
    ("0 4 31 * *", "Asia/Tokyo", "GMT"),
    ("30 1 2-8 * TUE", NEW_YORK, NEW_YORK),
    ("30 2 2-8,9-15 * 1,2,3", NEW_YORK, NEW_YORK),
    ("45 1 * * *", LORD_HOWE, NEW_YORK),
    ("30 2 * * *", "Etc/UTC", NEW_YORK),
]


AROUND = (datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 10, 28, tzinfo=UTC))


@pytest.fixture(scope="module")
def connection(sandbox: Sandbox) -> Iterator[Connection]:
    with sandbox.server("postgres").connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Kathmandu'")  # the session's zone must not matter
        yield connection


def moments_of(ticks: list[datetime], chance: Random) -> list[datetime]:
    """Some of the ticks themselves, a little later, and anywhere up to the last moment before the next tick."""
    found = []
    for tick, following in chance.sample(list(pairwise(ticks)), min(len(ticks) - 1, 60)):
        wait = (following - tick).total_seconds()
        late = [0.0, 0.001, 59.0, chance.uniform(0, wait), chance.uniform(0, wait), wait - 0.001]
        found += [tick + timedelta(seconds=seconds) for seconds in late]
    return found


@pytest.mark.parametrize(("expression", "zone", "cron_zone"), GUARDED)
def test_a_run_is_judged_by_the_tick_it_belongs_to(
    expression: str, zone: str, cron_zone: str, connection: Connection
) -> None:
    version = "1.4" if cron_zone == "GMT" else "1.6"
    verdict = convert(expression, timezone=zone, pg_cron=version, cron_timezone=cron_zone)
    assert verdict.guard is not None and verdict.pg_cron is not None, verdict
    chance, moments = Random(expression), []
    ticks: list[datetime] = []
    for first in AROUND:
        found = next_firings(verdict.pg_cron, first, 5000, version, cron_zone)
        in_two_months = sum(tick < first + timedelta(days=60) for tick in found)
        found = found[: max(in_two_months, 40)]
        ticks += found
        moments += moments_of(found, chance)
    # in UTC: Python never holds a repeated local time for equal to anything in another zone
    source = next_source_firings(expression, AROUND[0] - timedelta(days=1), 60_000, timezone=zone)
    due = {moment.astimezone(UTC) for moment in source}
    ticks = sorted(set(ticks))
    answers = connection.execute(
        f"SELECT moment, {verdict.guard.replace(NOW, 'moment')} FROM unnest(%s::timestamptz[]) AS moment".encode(),
        (moments,),
    ).fetchall()
    assert len(answers) == len(moments)
    expected = [(moment, ticks[bisect_right(ticks, moment) - 1] in due) for moment in moments]
    assert answers == expected
    assert {passes for _, passes in expected} == {True, False}


def test_the_moment_of_running_would_be_the_wrong_judge() -> None:
    """What the test above guards against: a run of Friday 23:59 that starts after midnight."""
    verdict = convert("59 23 13 * FRI")
    assert verdict.guard is not None and "- interval '23:59'" in verdict.guard


def test_it_is_one_boolean_that_fits_into_a_do_block(connection: Connection) -> None:
    verdict = convert("0 5 * * *", timezone=NEW_YORK)
    connection.execute(f"DO $$ BEGIN IF {verdict.guard} THEN PERFORM 1; END IF; END $$".encode())
    row = connection.execute(f"SELECT pg_typeof({verdict.guard})::text".encode()).fetchone()
    assert row == ("boolean",)
