"""A real pg_cron as the judge: what it accepts, and what it runs in the next minute."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest
from oban_expressions import random_oban
from psycopg import sql
from test_schedule_cases import CASES

from cronlift.postgres.server import Connection
from cronlift.sandbox import Sandbox
from cronlift.schedule import convert, next_firings
from cronlift.schedule.dialects import BadExpression, pg_cron

MINUTES = int(os.environ.get("CRONLIFT_LIVE_MINUTES", "1"))
"""How many minutes a real pg_cron runs the doubtful schedules."""


@pytest.fixture(scope="module")
def connection(sandbox: Sandbox) -> Iterator[Connection]:
    """As the superuser, in the database pg_cron lives in."""
    with sandbox.server().connect_cron(read_only=False) as connection:
        yield connection


@pytest.fixture(scope="module")
def version(connection: Connection) -> str:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'").fetchone()
    assert row is not None
    return str(row[0])


def accepts(connection: Connection, expression: str) -> bool:
    """Whether cron.schedule takes it; nothing stays."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT cron.schedule(%s, 'SELECT 1')", (expression,))
    except psycopg.Error as error:
        assert "invalid schedule" in str(error), error
        return False
    return True


def test_it_accepts_what_the_model_says_it_accepts(connection: Connection, version: str) -> None:
    model = pg_cron.family(version)[-1]
    chance = Random(4)
    texts = [str(case["expression"]) for case in CASES] + [random_oban(chance) for _ in range(150)]
    for text in texts:
        try:
            model.parse(text)
            expected = True
        except BadExpression:
            expected = False
        assert accepts(connection, text) == expected, text
    if model.version < (1, 5):
        for case in CASES:
            assert accepts(connection, str(case["expression"])) == case["accepted_by_live_1.4.2"]


def test_it_accepts_every_form_that_is_written(connection: Connection, version: str) -> None:
    chance = Random(5)
    zones = ("Etc/UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
    written = set()
    for number in range(600):
        verdict = convert(random_oban(chance), timezone=zones[number % 4], pg_cron=version)
        assert verdict.pg_cron is not None
        written.add(verdict.pg_cron)
    refused = [text for text in sorted(written) if not accepts(connection, text)]
    assert not refused


def doubtful(now: datetime) -> list[str]:
    """Texts whose meaning is easily misread, made so that today decides: some fire every minute now, some never."""
    day, weekday, hour = now.day, now.isoweekday() % 7, now.hour
    other_day, other_weekday = day % 28 + 1, (weekday + 3) % 7
    around = f"{(hour - 1) % 24}-{(hour + 1) % 24}" if 0 < hour < 23 else f"{hour}"
    return [
        f"* * {other_day} * {weekday}",
        f"* * {day} * {other_weekday}",
        f"* * {other_day} * {other_weekday}",
        f"* * 1-31 * {other_weekday}",
        f"* * */1 * {other_weekday}",
        f"* * {day} * */7,{other_weekday or 1}",
        f"* * {day} * */7,{weekday}",
        f"* * {other_day} * */7,{weekday}",
        f"* * */31,{day} * {weekday}",
        f"* * */31,{day} * {other_weekday}",
        f"* * * * {other_weekday},*",
        f"* * {other_day},* * {other_weekday}",
        f"* * * * {weekday}#5",
        f"* * * * {other_weekday}#5",
        "* * * * * and more words",
        "0-59/1 * * * * *",
        f"* {around} * * *",
        f"* {(hour + 2) % 24}-{(hour + 1) % 24} * * *",
        f"* {hour}-{hour}/5 * * *",
        "* * * JAN-DEC SUN-SAT",
        "59-0 * * * *",
        "* * * * MON-SUN",
    ]


@pytest.mark.timeout(60 * MINUTES + 120)
def test_it_runs_what_the_model_says_it_runs(connection: Connection, version: str) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS schedule_runs (text text, at timestamptz)")
    connection.execute("TRUNCATE schedule_runs")
    connection.commit()
    if datetime.now(UTC).second > 50:  # the launcher looks at its jobs once a second
        time.sleep(12)
    start = datetime.now(UTC).replace(second=0, microsecond=0)
    end = start + timedelta(minutes=MINUTES)
    texts = [text for text in doubtful(end) if accepts(connection, text)]
    command = sql.SQL("INSERT INTO schedule_runs VALUES ({}, clock_timestamp())")
    for text in texts:
        run = command.format(sql.Literal(text)).as_string(connection)
        connection.execute("SELECT cron.schedule(%s, %s, %s)", (f"schedule test {text}", text, run))
    connection.commit()
    try:
        time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 8)
    finally:
        connection.execute("SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname LIKE 'schedule test %'")
        connection.commit()
    ran = connection.execute("SELECT text, date_trunc('minute', at) FROM schedule_runs").fetchall()
    connection.execute("DROP TABLE schedule_runs")
    connection.commit()
    expected = [
        (text, moment) for text in texts for moment in next_firings(text, start, MINUTES + 1, version) if moment <= end
    ]
    assert sorted(map(str, expected)) == sorted(str((text, at.astimezone(UTC))) for text, at in _typed(ran))
    fired = {text for text, _ in expected}
    assert fired and set(texts) - fired


def _typed(rows: list[tuple[object, ...]]) -> Iterator[tuple[str, datetime]]:
    for text, at in rows:
        assert isinstance(text, str) and isinstance(at, datetime)
        yield text, at
