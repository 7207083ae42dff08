"""The harness itself: the log only grows, and what is lost or double is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import accounts
import psycopg
import pytest
import shop
from accounts import MINUTE, Run, settle
from databases import AppDatabase

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TICKS = [NOON + n * MINUTE for n in range(6)]


def test_minutes_are_whole_and_both_ends_count() -> None:
    assert accounts.minutes(NOON, NOON + 2 * MINUTE) == TICKS[:3]
    assert accounts.minutes(NOON - timedelta(seconds=1), NOON + timedelta(seconds=59)) == TICKS[:1]
    assert accounts.minutes(NOON + timedelta(seconds=1), NOON) == []


def test_every_tick_once_is_exact() -> None:
    half = [Run("alpha", "app", t) for t in TICKS[:3]] + [Run("alpha", "pg_cron", t) for t in TICKS[3:]]
    found = settle(half, ["alpha"], TICKS)
    assert found.exact
    assert str(found) == "6 ticks (app 3, pg_cron 3): 0 lost, 0 double"
    assert accounts.handed_over(half, "alpha") == [("app", TICKS[0], TICKS[2]), ("pg_cron", TICKS[3], TICKS[5])]


def test_what_is_lost_double_or_stray_is_named() -> None:
    wrong = [Run("alpha", "app", t) for t in TICKS if t != TICKS[2]]
    wrong += [Run("alpha", "pg_cron", TICKS[4]), Run("alpha", "pg_cron", TICKS[1] + timedelta(seconds=1))]
    wrong += [Run("alpha", "app", TICKS[0] - MINUTE), Run("alpha", "app", TICKS[0] - MINUTE)]  # before the stretch
    found = settle(wrong, ["alpha"], TICKS)
    assert not found.exact
    assert (found.lost, found.double) == ((("alpha", TICKS[2]),), (("alpha", TICKS[4]),))
    assert found.stray == (("alpha", TICKS[1] + timedelta(seconds=1)),)
    assert settle([], ["alpha", "beta"], TICKS[:1]).lost == (("alpha", NOON), ("beta", NOON))


def test_the_log_only_grows(furnished: AppDatabase) -> None:
    furnished.execute("INSERT INTO ledger (job) VALUES ('alpha')")
    for change in ("UPDATE ledger SET job = 'beta'", "DELETE FROM ledger", "TRUNCATE ledger"):
        with pytest.raises(psycopg.errors.RaiseException, match="only grows"):
            furnished.execute(change)
    with furnished.admin() as connection:
        (row,) = accounts.runs(connection)
    connection.close()
    assert (row.job, row.side, row.tick.second) == ("alpha", "pg_cron", 0)


def test_obans_own_scheduler_inserts_what_is_due(furnished: AppDatabase, oban: str, tmp_path: Path) -> None:
    """The rows that the fence will see, from the installed version."""
    with shop.running(oban, furnished, tmp_path / "app.txt", "--ticks") as app:
        app.tick(NOON.isoformat())
    with furnished.admin() as connection:
        rows = connection.execute("SELECT worker, state::text, args, meta FROM oban_jobs ORDER BY worker").fetchall()
    connection.close()
    assert [r[:3] for r in rows] == [(w, "available", {}) for w in sorted({**shop.jobs.WORKERS, **shop.jobs.STAYS})]
    for _, _, _, meta in rows:
        assert meta["cron"] is True
        assert (meta["cron_at"], meta["cron_expr"]) == (NOON.isoformat(), "* * * * *")
