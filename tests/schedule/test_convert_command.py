"""``cronlift convert``: the contract of its JSON and its exit codes."""

from __future__ import annotations

import json

import pytest

from cronlift.commands.main import main

AFTER = ["--after", "2026-11-23T00:00:00Z"]


def test_json_and_exit_code_of_a_proof(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "0 5 1-7 * SUN", "--from", "oban", "--pg-cron", "1.4", "--json", *AFTER]) == 0
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    assert captured.err == ""
    assert {k: answer[k] for k in ("schema_version", "pg_cron", "guard", "equal", "first_difference", "notes")} == {
        "schema_version": 1,
        "pg_cron": "0 5 1-7 * */7",
        "guard": None,
        "equal": "proved",
        "first_difference": None,
        "notes": [],
    }
    assert answer["horizon"].startswith("every date")
    assert answer["next_firings"][:2] == ["2026-12-06T05:00:00Z", "2027-01-03T05:00:00Z"]
    assert len(answer["next_firings"]) == 10


def test_impossible_and_differing_schedules_are_findings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "@reboot", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["equal"], answer["pg_cron"], answer["next_firings"]) == ("impossible", None, [])
    assert main(["convert", "0 5 * * 0", "--pg-cron", "1.6.0", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["equal"], answer["first_difference"]) == ("differs", "2025-01-04T05:00:00Z")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["22-2 * * * *"], "min (22) of range must be less than or equal to the max (2)"),
        (["* * * * *", "--from", "cron"], "no dialect is called 'cron'"),
        (["* * * * *", "--timezone", "Mars"], "no time zone is called 'Mars'"),
        (["* * * * *", "--pg-cron", "3.1"], "does not know how pg_cron 3.1 reads schedules"),
        (["* * * * *", "--after", "soon"], "--after 'soon' is not an instant"),
    ],
)
def test_bad_input_is_exit_2_with_one_message(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", *arguments, "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err and "Traceback" not in captured.err


def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "0 5 1-7 * SUN", "--timezone", "America/New_York", *AFTER]) == 0
    out = capsys.readouterr().out
    assert "0 9,10 1-7 * */7  (pg_cron 1.4)" in out
    assert "Sundays at 05:00 in America/New_York in the first week of a month" in out
    assert "Sun 2026-12-06 05:00 -0500" in out and "Sun 2026-12-06 10:00 +0000" in out
    assert "2027-03-14 07:00 UTC: +60 min, 02:00 to 03:00 does not exist" in out
