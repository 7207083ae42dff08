"""One-shots: the guard lets one tick through, and the entry takes itself away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cronlift.errors import UsageError
from cronlift.postgres.server import Connection
from cronlift.sandbox import Sandbox
from cronlift.schedule.guard import NOW
from cronlift.schedule.one_shot import one_shot

DUE = datetime(2027, 2, 28, 23, 59, tzinfo=UTC)


def test_text_and_guard() -> None:
    entry = one_shot(DUE, "it's once")
    assert entry.pg_cron == "59 23 28 2 *"
    assert entry.unschedule == "SELECT cron.unschedule('it''s once')"
    assert entry.guard == (
        "statement_timestamp() >= timestamptz '2027-02-28 23:59:00+00' AND "
        "statement_timestamp() < timestamptz '2028-02-28 23:59:00+00'"
    )


def test_the_server_s_own_zone() -> None:
    moment = datetime(2027, 3, 1, 5, 30, tzinfo=ZoneInfo("America/New_York"))
    assert one_shot(moment, "x", "1.6", "America/New_York").pg_cron == "30 5 1 3 *"
    assert one_shot(moment, "x", "1.4").pg_cron == "30 10 1 3 *"


def test_29_february_waits_for_the_next_one() -> None:
    assert "timestamptz '2104-02-29 00:00:00+00'" in one_shot(datetime(2096, 2, 29, tzinfo=UTC), "x").guard


@pytest.mark.parametrize("version", ["1.5.0", "1.6.0", "1.6.1"])
def test_versions_that_cannot_be_trusted_are_refused(version: str) -> None:
    with pytest.raises(UsageError, match="would not fire"):
        one_shot(DUE, "x", version)


@pytest.mark.parametrize("moment", [datetime(2027, 1, 1), DUE + timedelta(seconds=1)])
def test_only_whole_minutes_of_a_known_zone(moment: datetime) -> None:
    with pytest.raises(UsageError, match="not a whole minute"):
        one_shot(moment, "x")


def test_postgresql_judges_the_tick(sandbox: Sandbox) -> None:
    guard = one_shot(DUE, "x").guard.replace(NOW, "moment")
    moments = [DUE - timedelta(days=365), DUE - timedelta(microseconds=1), DUE, DUE + timedelta(hours=9)]
    moments.append(datetime(2028, 2, 28, 23, 59, tzinfo=UTC))
    with sandbox.server("postgres").connect() as connection:
        assert _judged(connection, guard, moments) == [False, False, True, True, False]


def _judged(connection: Connection, guard: str, moments: list[datetime]) -> list[object]:
    query = f"SELECT {guard} FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS m (moment, n) ORDER BY n"
    return [passes for (passes,) in connection.execute(query.encode(), (moments,)).fetchall()]
