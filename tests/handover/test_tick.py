"""cronlift.tick, computed in SQL, against the library's own exact firing sets."""

import random
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from cronlift.schedule import next_firings
from cronlift.schedule.dialects.pg_cron import PgCron
from cronlift.schedule.render import full

ZONES = ("GMT", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Cairo", "America/Scoresbysund")
FIELDS = ((0, 59, ()), (0, 23, ()), (1, 31, ()), (1, 12, ("jan", "feb", "Mar", "DEC")), (0, 7, ("sun", "Mon", "SAT")))


def field(random: random.Random, low: int, high: int, names: tuple[str, ...]) -> str:
    """One field as people write them."""

    def one() -> str:
        kind = random.randrange(6)
        first = random.randint(low, high)
        last = random.randint(first, high)
        return {
            0: "*",
            1: f"*/{random.randint(1, high)}",
            2: f"{first}-{last}",
            3: f"{first}-{last}/{random.randint(1, 9)}",
        }.get(kind) or (random.choice(names) if names and kind == 4 else str(first))

    return "*" if random.random() < 0.35 else ",".join(one() for _ in range(random.randint(1, 2)))


def is_latest(expression: str, at: datetime, zone: str, tick: datetime | None) -> bool:
    """Whether the library fires at ``tick`` and not again until ``at``."""
    before = datetime(2012, 1, 1, tzinfo=UTC) if tick is None or tick.year < 2012 else tick
    following = next_firings(expression, before, 1, "1.5", zone)
    fires = before != tick or next_firings(expression, tick - timedelta(seconds=1), 1, "1.5", zone) == [tick]
    return fires and (not following or following[0] > at)


def test_the_latest_firing_is_the_librarys(gated):
    rand = random.Random(20261126)
    changes = [
        datetime(2026, 3, 8, 7, tzinfo=UTC),
        datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC),
        datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        datetime(2026, 4, 23, 22, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    ]
    asked = []
    for _ in range(1500):
        expression = " ".join(field(rand, *bounds) for bounds in FIELDS)
        around = rand.choice(changes) if rand.random() < 0.5 else datetime(2027, 1, 1, tzinfo=UTC)
        at = around + timedelta(seconds=rand.uniform(-2, 2) * rand.choice((3600, 86400, 86400 * 180)))
        asked.append((expression, at, rand.choice(ZONES)))
    with gated.admin() as connection:
        wrong = []
        for expression, at, zone in asked:
            row = connection.execute("SELECT cronlift.tick(%s, %s, %s)", (expression, at, zone)).fetchone()
            if not is_latest(expression, at, zone, row[0]):
                wrong.append((expression, at, zone, row[0]))
        assert wrong == []


@pytest.mark.parametrize(
    ("expression", "at", "zone", "tick"),
    [
        ("* * * * *", "2026-11-26 12:00:59.9+00", "GMT", "2026-11-26 12:00+00"),
        ("@hourly", "2026-11-26 12:59:00+00", "GMT", "2026-11-26 12:00+00"),
        ("0 0 29 2 *", "2027-06-01 00:00+00", "GMT", "2024-02-29 00:00+00"),
        ("0 0 29 2 */7", "2027-06-01 00:00+00", "GMT", "2004-02-29 00:00+00"),
        ("0 0 13 * 5", "2026-11-26 00:00+00", "GMT", "2026-11-20 00:00+00"),  # OR
        ("0 0 1-7 * */7", "2026-11-26 00:00+00", "GMT", "2026-11-01 00:00+00"),  # AND: the first Sunday
        ("0 0 $ * *", "2026-11-26 00:00+00", "GMT", "2026-10-31 00:00+00"),
        ("0 0 31 2 *", "2026-11-26 00:00+00", "GMT", None),
        # 02:30 is skipped on 8 March, 01:30 comes twice on 1 November
        ("30 2 * * *", "2026-03-08 20:00+00", "America/New_York", "2026-03-07 07:30+00"),
        ("30 1 * * *", "2026-11-01 06:29+00", "America/New_York", "2026-11-01 05:30+00"),
        ("30 1 * * *", "2026-11-01 20:00+00", "America/New_York", "2026-11-01 06:30+00"),
    ],
)
def test_ticks(gated, expression, at, zone, tick):
    with gated.admin() as connection:
        connection.execute("SET timezone = 'Asia/Tokyo'")
        row = connection.execute(
            "SELECT cronlift.tick(%s, %s, %s) IS NOT DISTINCT FROM %s::timestamptz, cronlift.tick(%s, %s, %s)",
            (expression, at, zone, tick, expression, at, zone),
        ).fetchone()
        assert row[0], row[1]


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "* * * * * *", "5/10 * * * *", "55-50 * * * *", "* * * * MON#1", "29.5 * * * *", "60 * * * *",
     "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "@reboot", "5 seconds", "* * L * *", "x * * * *"],
)  # fmt: skip
def test_what_it_cannot_read_is_an_error(gated, expression):
    with gated.admin() as connection, pytest.raises(psycopg.errors.InvalidParameterValue):
        connection.execute("SELECT cronlift.tick(%s, now())", (expression,))


def test_the_generated_expressions_mean_the_same_to_both():
    """The field generator writes only what pg_cron reads."""
    rand = random.Random(1)
    dialect = PgCron((1, 5, 1))
    for _ in range(200):
        dialect.parse(" ".join(field(rand, *bounds) for bounds in FIELDS))
    assert full(0, frozenset(range(60)))
