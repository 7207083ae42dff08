"""Times of two runs: let through when they lie as far apart as the runs, and not a microsecond more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cronlift.proof.differences import difference
from cronlift.proof.readout import Relation, Row
from cronlift.proof.timed import Window, equal_but_for_now

START = datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC)
APP = Window(START, START + timedelta(seconds=2))
JOB = Window(START + timedelta(seconds=5), START + timedelta(seconds=6))
LEAST, MOST = APP.start - JOB.end, APP.end - JOB.start
CACHE = Relation(("public", "cache"), "r", True, True, 0, True, ("key", "at", "day"), ("at", "day"))


def judged(app: list[Row], job: list[Row], job_window: Window = JOB) -> tuple[str, ...] | None:
    return equal_but_for_now(difference(CACHE, app, job), APP, job_window)


def at(moment: datetime, key: str = "k", day: str | None = None) -> Row:
    return (key, moment.isoformat(sep=" "), day)


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(hours=24), timedelta(days=-400)])
def test_the_distance_of_the_runs_is_let_through(offset: timedelta) -> None:
    moment = START + offset
    tick = timedelta(microseconds=1)
    assert judged([at(moment)], [at(moment - LEAST)]) == ("at",)
    assert judged([at(moment)], [at(moment - MOST)]) == ("at",)
    assert judged([at(moment)], [at(moment - LEAST + tick)]) is None
    assert judged([at(moment)], [at(moment - MOST - tick)]) is None


def test_other_columns_are_not_let_through() -> None:
    assert judged([at(START)], [at(START - LEAST, "other")]) is None
    assert judged([at(START), at(START)], [at(START - LEAST)]) is None


def test_rows_are_matched_whatever_their_order() -> None:
    app = [at(START + timedelta(hours=n)) for n in range(5)]
    job = [at(START - LEAST + timedelta(hours=n)) for n in reversed(range(5))]
    assert judged(app, job) == ("at",)


@pytest.mark.parametrize("text", ["infinity", "-infinity", None, "0044-03-15 00:00:00 BC"])
def test_what_is_no_instant_must_be_equal(text: str | None) -> None:
    assert judged([("k", text, None)], [at(START)]) is None


def test_dates_differ_only_over_midnight() -> None:
    early, late = ("k", None, "2026-03-01"), ("k", None, "2026-03-02")
    assert judged([early], [late]) is None
    after_midnight = Window(START + timedelta(seconds=15), START + timedelta(seconds=16))
    assert judged([early], [late], after_midnight) == ("day",)
    assert judged([early], [("k", None, "2026-03-03")], after_midnight) is None
