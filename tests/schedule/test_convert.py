"""Conversion: the texts, the proofs, the refusals, and a model that walks through every minute to check them."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from brute_force import disagreement
from oban_expressions import random_oban

from cronlift.errors import UsageError
from cronlift.model.plan import ScheduleVerdict
from cronlift.schedule import BadExpression, convert, next_firings, next_source_firings, render
from cronlift.schedule.dialects import Fields, find

SAMPLE = int(os.environ.get("CRONLIFT_SCHEDULE_SAMPLE", "8000"))
"""Random expressions to convert; 20000 is the number the claims are made for."""


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("*/15 * * * *", "*/15 * * * *"),
        ("0 */6 * * *", "0 */6 * * *"),
        ("@daily", "0 0 * * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@weekly", "0 0 * * 0"),
        ("30 2 * * *", "30 2 * * *"),
        ("  30   2 * * *", "30 2 * * *"),
        ("*/15 9-17 * * MON-FRI", "*/15 9-17 * * 1-5"),
        ("0 5 * * MON, WED", "0 5 * * 1,3"),
        ("5/10 * * * *", "5-55/10 * * * *"),
        ("0 0 1 */3 *", "0 0 1 */3 *"),
        ("*/90 * * * *", "0 * * * *"),
        ("0 0 */2 * MON", "0 0 */2 * 1"),
        ("0 0 1-31 * MON", "0 0 * * 1"),
        ("0 0 1 * 0-6", "0 0 1 * *"),
        ("0 5 1-7 * SUN", "0 5 1-7 * */7"),
        ("0 5 1-7 * 0,3", "0 5 1-7 * */7,3"),
        ("0 5 1-7 * 1", "0 5 */31,2-7 * 1"),
        ("0 0 * * 0-6", "0 0 * * 0-6"),
        ("0 0 29 2 *", "0 0 29 2 *"),
        ("0 0 * JAN,JUN SUN", "0 0 * 1,6 0"),
    ],
)
@pytest.mark.parametrize("version", ["1.3", "1.4", "1.5", "1.5.2", "1.6", "1.6.7", "master"])
def test_plain_text_and_no_guard(expression: str, text: str, version: str) -> None:
    verdict = convert(expression, pg_cron=version)
    assert (verdict.pg_cron, verdict.guard, verdict.equal) == (text, None, "proved")
    assert verdict.horizon.startswith("every date")
    assert verdict.first_difference is None


def test_a_guard_where_no_text_exists() -> None:
    verdict = convert("0 5 8-14 * TUE")
    assert verdict.equal == "proved"
    assert verdict.pg_cron == "0 5 * * 2"
    assert verdict.guard is not None and verdict.guard.startswith("(SELECT extract(day FROM max(d)) BETWEEN 8 AND 14\n")
    assert "pg_cron starts the job 208 times in 2025–2028; the guard lets 48 of them work" in verdict.notes[0]
    friday = convert("0 0 13 * FRI")
    assert (friday.pg_cron, friday.source_firings) == ("0 0 13 * *", 6)
    on_master = convert("0 5 8-14 * TUE", pg_cron="master", match_dom_and_dow=True)
    assert (on_master.pg_cron, on_master.guard) == ("0 5 8-14 * 2", None)


def test_the_founding_example() -> None:
    verdict = convert("0 5 1-7 * SUN")
    assert (verdict.source_firings, verdict.copied_firings) == (48, 497)
    assert verdict.copied_first_difference == "2025-01-01T05:00:00Z"


@pytest.mark.parametrize("expression", ["@reboot", "0 0 30 2 *"])
def test_what_has_no_instants(expression: str) -> None:
    verdict = convert(expression, source="oban@2.20.0")
    assert (verdict.pg_cron, verdict.guard, verdict.equal) == (None, None, "impossible")


def test_seconds_by_version() -> None:
    assert convert("10 seconds", source="pg_cron@1.6.7", pg_cron="1.4").equal == "impossible"
    assert convert("10 seconds", source="pg_cron@1.6.7", pg_cron="1.5.0").pg_cron == "10 seconds"


def test_versions_that_cannot_be_trusted() -> None:
    assert convert("0 2 * * *", pg_cron="1.5.0").equal == "proved"
    assert convert("*/15 * * * *", pg_cron="1.5.0").equal == "proved"
    seconds = convert("30 2 * * *", pg_cron="1.5.0")
    assert (seconds.pg_cron, seconds.equal) == (None, "differs")
    assert "every 30 seconds" in seconds.explanation and "upgrade to 1.5.1" in seconds.notes[1]
    for version in ("1.6.0", "1.6.1"):
        assert convert("30 2 * * *", pg_cron=version).equal == "proved"
        early = convert("0 5 * * SUN", pg_cron=version)
        assert (early.pg_cron, early.equal, early.first_difference) == (None, "differs", "2025-01-04T05:00:00Z")
        assert "1.6.2 is right" in early.notes[1]
        new_york = convert("30 2 * * *", timezone="America/New_York", cron_timezone="America/New_York", pg_cron=version)
        assert new_york.equal == "differs"  # it reads tomorrow's clock: an hour off on the eve of a clock change
    assert any("1.6.0 or 1.6.1" in note for note in convert("0 5 * * 0", pg_cron="1.6").notes)
    assert any("1.5.0" in note for note in convert("30 2 * * *", pg_cron="1.5").notes)
    assert not convert("30 2 * * *", pg_cron="1.6").notes


@pytest.mark.parametrize(
    ("expression", "zone", "text", "tests"),
    [
        ("0 5 * * *", "America/New_York", "0 9,10 * * *", "extract(hour FROM"),
        ("0 5 * * *", "Asia/Tokyo", "0 20 * * *", None),
        ("0 5 * * 1", "Asia/Tokyo", "0 20 * * 0", None),
        ("0 5 * * *", "Asia/Kolkata", "30 23 * * *", None),
        ("*/15 * * * *", "America/New_York", "*/15 * * * *", None),
        ("0 * * * *", "Asia/Kolkata", "30 * * * *", None),
        ("0 5 1 * *", "Asia/Tokyo", "0 20 28-31 * *", "extract(day FROM"),
        ("0 5 1-7 * SUN", "America/New_York", "0 9,10 1-7 * */7", "extract(hour FROM"),
        ("30 2 * * *", "UTC", "30 2 * * *", None),
    ],
)
def test_other_zones_on_a_server_that_reads_gmt(expression: str, zone: str, text: str, tests: str | None) -> None:
    verdict = convert(expression, timezone=zone)
    assert (verdict.pg_cron, verdict.equal) == (text, "proved")
    assert (verdict.guard is None) if tests is None else (verdict.guard is not None and tests in verdict.guard)


def test_the_zone_the_server_has() -> None:
    zone = "America/New_York"
    verdict = convert("30 2 * * *", timezone=zone, cron_timezone=zone, pg_cron="1.6")
    assert (verdict.pg_cron, verdict.guard, verdict.horizon[:10]) == ("30 2 * * *", None, "every date")
    assert any("a local time that a clock change skips does not fire" in note for note in verdict.notes)
    ignored = convert("30 2 * * *", timezone=zone, cron_timezone=zone, pg_cron="1.4")
    assert ignored.guard is not None and any("has no cron.timezone" in note for note in ignored.notes)
    back = convert("30 2 * * *", cron_timezone=zone, pg_cron="1.6")
    assert (back.pg_cron, back.equal) == ("30 21,22 * * *", "proved")


def test_pg_cron_as_the_source_for_a_server_of_another_version() -> None:
    either = convert("0 5 1-7 * 0", source="pg_cron@1.4.2", pg_cron="1.6")
    assert (either.pg_cron, either.guard, either.equal) == ("0 5 1-7 * 0", None, "proved")
    junk = convert("0 5 * * 0#1 words", source="pg_cron@1.4.2", pg_cron="1.6")
    assert (junk.pg_cron, junk.equal) == ("0 5 * * 0", "proved")
    wrapped = convert("0 22-2 * * *", source="pg_cron@1.6.7", pg_cron="1.4")
    assert (wrapped.pg_cron, wrapped.equal) == ("0 0-2,22,23 * * *", "proved")
    last = convert("0 5 $ * *", source="pg_cron@1.6.7", pg_cron="1.6")
    assert (last.pg_cron, last.equal) == ("0 5 $ * *", "proved")
    assert convert("0 5 $ * *", source="pg_cron@1.6.7", pg_cron="1.4").equal == "differs"
    early = convert("0 5 * * 1", source="pg_cron@1.6.1", pg_cron="1.6.7")
    assert (early.pg_cron, early.guard, early.equal) == ("0 5 * * 0", None, "proved")


def test_the_horizon_is_said() -> None:
    verdict = convert("0 5 * * *", timezone="Africa/Casablanca")
    assert verdict.horizon.startswith("2025-01-01 to 2124-12-31, every minute: all changes of both zones")


def test_bad_input() -> None:
    with pytest.raises(BadExpression, match="min \\(22\\) of range"):
        convert("22-2 * * * *")
    for source, zone, version in (
        ("cron", "UTC", "1.4"),
        ("oban", "Mars", "1.4"),
        ("oban", "UTC", "2"),
        ("oban", "UTC", "x"),
    ):
        with pytest.raises(UsageError):
            convert("* * * * *", source, zone, version)


def _checked(expression: str, verdict: ScheduleVerdict, version: str) -> None:
    """Every random expression fires, so each must be proved, in a text of numbers that is its own meaning."""
    assert verdict.equal == "proved" and verdict.pg_cron is not None, (expression, verdict)
    assert all(map(render.plain, range(5), verdict.pg_cron.split())), verdict.pg_cron
    parsed = find(f"pg_cron@{version}").parse(verdict.pg_cron)
    assert isinstance(parsed, Fields)
    if verdict.guard is None:
        source = find("oban").parse(expression)
        assert isinstance(source, Fields)
        assert parsed.firing_set() == source.firing_set(), expression


def test_random_expressions_are_proved_on_every_version() -> None:
    chance = Random(20261123)
    versions = {"1.3": "1.3.0", "1.4": "1.4.2", "1.5": "1.5.2", "1.6": "1.6.7", "1.6.7": "1.6.2", "master": "master"}
    guarded = 0
    for number in range(SAMPLE):
        asked, checked = list(versions.items())[number % len(versions)]
        expression = random_oban(chance)
        verdict = convert(expression, pg_cron=asked)
        _checked(expression, verdict, checked)
        guarded += verdict.guard is not None
    assert 0 < guarded < SAMPLE / 4


def test_random_expressions_on_versions_that_cannot_be_trusted_are_refused_with_a_true_reason() -> None:
    chance = Random(1)
    for _ in range(SAMPLE // 8):
        expression = random_oban(chance)
        verdict = convert(expression, pg_cron="1.5.0")
        begins = convert(expression, pg_cron="1.5.1").pg_cron
        assert begins is not None
        number = begins.split()[0].partition(",")[0].partition("-")[0]
        assert (verdict.equal == "proved") == (not number.isdigit() or int(number) == 0), expression
        verdict = convert(expression, pg_cron="1.6.1")
        fields = find("oban").parse(expression)
        assert isinstance(fields, Fields)
        every_day = len(fields.days) == 31 and len(fields.months) == 12 and len(fields.weekdays) == 7
        assert (verdict.equal == "proved") == every_day, expression


WINDOWS = (datetime(2026, 2, 26, tzinfo=UTC), datetime(2028, 2, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC))
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland")


@pytest.mark.parametrize("number", range(24))
def test_a_walk_through_every_minute_agrees(number: int) -> None:
    """An independent model of both sides: month ends, leap days and clock changes, in six zones."""
    chance = Random(number)
    expression, zone, first = random_oban(chance), ZONES[number % 6], WINDOWS[number % 3]
    verdict = convert(expression, timezone=zone, pg_cron="1.4")
    assert verdict.pg_cron is not None, verdict
    first += timedelta(days=chance.randint(-3, 3))
    assert disagreement(expression, zone, verdict.pg_cron, verdict.guard, first, 18) is None
    there = convert(expression, timezone=zone, pg_cron="1.6", cron_timezone="Europe/Berlin")
    assert there.pg_cron is not None, there
    assert disagreement(expression, zone, there.pg_cron, there.guard, first, 8, "Europe/Berlin") is None


def test_the_walk_finds_a_wrong_text() -> None:
    first = datetime(2025, 1, 1, tzinfo=UTC)
    assert disagreement("0 5 1-7 * SUN", "UTC", "0 5 1-7 * 0", None, first, 8) == datetime(2025, 1, 1, 5, tzinfo=UTC)
    assert disagreement("0 5 * * *", "America/New_York", "0 9 * * *", None, first, 2) is not None


def test_next_firings() -> None:
    after = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
    assert next_firings("0 5 1-7 * */7", after, 2) == [
        datetime(2026, 12, 6, 5, tzinfo=UTC), datetime(2027, 1, 3, 5, tzinfo=UTC),
    ]  # fmt: skip
    assert next_firings("* * * * *", after, 2) == [after + timedelta(minutes=1), after + timedelta(minutes=2)]
    assert next_firings("0 0 29 2 *", datetime(2096, 3, 1, tzinfo=UTC), 1) == [datetime(2104, 2, 29, tzinfo=UTC)]
    assert next_firings("22-2 * 31 2 *", after, 3) == next_firings("@reboot", after, 3) == []
    shifted = next_firings("0 0 1 * *", after, 1, version="1.6.1")
    assert shifted == [datetime(2026, 11, 30, tzinfo=UTC)]
    zone = "America/New_York"
    twice = next_firings("30 1 1 11 *", datetime(2026, 10, 31, tzinfo=UTC), 2, version="1.6", cron_timezone=zone)
    assert twice == [datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)]
    ours = next_source_firings("30 2 8 3 *", datetime(2026, 3, 1, tzinfo=UTC), 1, timezone=zone)
    assert f"{ours[0]:%Y-%m-%d %H:%M %z}" == "2027-03-08 02:30 -0500"  # 2026-03-08 02:30 does not exist there
    with pytest.raises(UsageError, match="without a time zone"):
        next_firings("* * * * *", datetime(2026, 1, 1), 1)
    with pytest.raises(UsageError, match="from 2010 on"):
        next_firings("* * * * *", datetime(1999, 1, 1, tzinfo=UTC), 1)
