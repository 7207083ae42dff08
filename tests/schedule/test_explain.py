"""Sentences, word for word: people act on them."""

from __future__ import annotations

import pytest

from cronlift.schedule import collisions, convert, explain
from cronlift.schedule.dialects import Fields, find


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("* * * * *", "fires every minute"),
        ("*/15 * * * *", "fires every 15 minutes"),
        ("5 * * * *", "fires at minute 5 of every hour UTC"),
        ("1,2,3,30 * * * *", "fires at minutes 1-3 and 30 of every hour UTC"),
        ("0 */6 * * *", "fires at 00:00, 06:00, 12:00 and 18:00 UTC"),
        ("*/10 9-17 * * MON-FRI", "fires Monday to Friday every 10 minutes from 09:00 to 17:59 UTC"),
        ("* 2 * * *", "fires every minute from 02:00 to 02:59 UTC"),
        ("0 5 1-7 * SUN", "fires Sundays at 05:00 UTC in the first week of a month"),
        ("0 0 13 * FRI", "fires Fridays at 00:00 UTC where they fall on the 13th of a month"),
        ("0 0 1,15 * *", "fires on the 1st and 15th of a month at 00:00 UTC"),
        ("30 4 2-28 2,3 *", "fires on days 2-28 of a month at 04:30 UTC in February and March"),
        ("0 0 * * SUN,WED", "fires Sundays and Wednesdays at 00:00 UTC"),
    ],
)
def test_descriptions(expression: str, sentence: str) -> None:
    fields = find("oban").parse(expression)
    assert isinstance(fields, Fields)
    assert explain.describe(fields, "Etc/UTC") == sentence


def test_descriptions_of_pg_cron_schedules() -> None:
    either = find("pg_cron").parse("0 5 1-7 * 0")
    last = find("pg_cron").parse("0 5 $ * *")
    assert isinstance(either, Fields) and isinstance(last, Fields)
    assert explain.describe(either, "GMT") == "fires on days 1-7 of a month and Sundays, at 05:00 UTC"
    assert explain.describe(last, "Asia/Tokyo") == "fires on the last day of a month at 05:00 in Asia/Tokyo"


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        (
            "0 5 1-7 * SUN",
            "fires Sundays at 05:00 UTC in the first week of a month; copied as it is, pg_cron 1.4 would fire 497 "
            "instead of 48 times in 2025–2028, first wrong on Wed 2025-01-01 05:00 UTC",
        ),
        ("*/15 * * * *", "fires every 15 minutes; the text means the same in pg_cron 1.4"),
        (
            "0/30 2 * * *",
            "fires at 02:00 and 02:30 UTC; copied as it is, pg_cron 1.4 would refuse it "
            "(invalid schedule: 0/30 2 * * *)",
        ),
        ("@reboot", "runs when Oban starts, not at an instant: it stays with the application"),
    ],
)
def test_what_copying_would_do(expression: str, sentence: str) -> None:
    assert convert(expression).explanation == sentence


def test_yearly_on_versions_that_lost_it() -> None:
    verdict = convert("@yearly", pg_cron="1.6.7")
    assert (verdict.pg_cron, verdict.copied_firings) == ("0 0 1 1 *", 0)
    assert (
        "would fire 0 instead of 4 times in 2025–2028, first wrong on Wed 2025-01-01 00:00 UTC" in verdict.explanation
    )


def test_another_zone_is_said() -> None:
    verdict = convert("0 5 * * *", timezone="America/New_York", pg_cron="1.6")
    assert verdict.explanation.endswith("but at other instants, first wrong on Wed 2025-01-01 05:00 UTC")
    assert any("with cron.timezone = 'America/New_York'" in note for note in verdict.notes)


def test_clock_changes() -> None:
    assert explain.clock_changes("America/New_York", 2026, 2026) == (
        "2026-03-08 07:00 UTC: +60 min, 02:00 to 03:00 does not exist",
        "2026-11-01 06:00 UTC: -60 min, 01:00 to 02:00 occurs twice",
    )
    assert explain.clock_changes("Australia/Lord_Howe", 2026, 2026)[0].endswith("-30 min, 01:30 to 02:00 occurs twice")
    assert explain.clock_changes("Asia/Tokyo", 2025, 2060) == ()


def test_heavy_jobs_of_one_minute_are_found_and_moved() -> None:
    found = collisions(
        [
            ("refresh", "0 */6 * * *", ["hot_packages"]),
            ("prewarm", "0 */6 * * *", ["hot_packages", "package_cache"]),
            ("cleanup", "*/15 * * * *", ["package_cache"]),
            ("other", "0 0 * * *", ["feedback"]),
        ]
    )
    assert [(c.jobs, c.relations, c.times, c.move, c.proposal) for c in found] == [
        (("refresh", "prewarm"), ("hot_packages",), 5844, "prewarm", "1 */6 * * *"),
        (("prewarm", "cleanup"), ("package_cache",), 5844, "prewarm", "1 */6 * * *"),
    ]
    assert str(found[0]) == (
        "refresh and prewarm both work on hot_packages and start in one minute, 5844 times in 2025–2028, first "
        "Wed 2025-01-01 00:00; give prewarm the schedule '1 */6 * * *'"
    )


def test_jobs_that_never_meet_or_cannot_be_moved() -> None:
    assert collisions([("a", "0 0 1 * *", ["t"]), ("b", "0 0 2 * *", ["t"]), ("c", "5 seconds", [])], "1.6") == ()
    every_minute = collisions([("a", "* * * * *", ["t"]), ("b", "0 0 2 * *", ["t"])])
    assert [(c.move, c.proposal) for c in every_minute] == [("b", None)]
