"""Recorded cases: how often each scheduler fires in 2025–2028, and the first instant at which it differs from pg_cron.

The figures come from the schedulers' own code where it could be run (Oban, pg_cron's parser), else from their source.
``0 0 $ * 1`` on 1.6.1 was recorded wrongly (235) and is corrected: that version judges ``$`` by the right day
(v1.6.1 pg_cron.c:978), and only day of month, month and weekday by tomorrow.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cronlift.schedule.dialects import BadExpression, Fields, Interval, Parsed, Reboot, find, names
from cronlift.schedule.timeline import Side, compare, count, upcoming
from cronlift.schedule.zones import UTC_CLOCK

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))["cases"]
NAMES = {"pg_cron@master": "pg_cron@master+match_dom_and_dow"}  # recorded with the setting on
AGAINST = {"1.4.2": "pg_cron@1.4.2", "1.6.7": "pg_cron@1.6.7"}
YEARS = (2025, 2028)
LAST_DAY = datetime(2028, 12, 30, 23, 59, tzinfo=UTC)


def parsed(name: str, expression: str) -> Parsed | None:
    try:
        return find(NAMES.get(name, name)).parse(expression)
    except BadExpression:
        return None


def side(fields: Fields) -> Side:
    return Side(fields.firing_set(), UTC_CLOCK.day_ahead() if fields.day_ahead else UTC_CLOCK)


def on_the_last_day(one: Side) -> set[datetime]:
    return set(upcoming(one, LAST_DAY, *YEARS))


def difference(one: Fields, other: Fields, *, ends_a_day_early: bool) -> list[Any]:
    """As recorded. The record of 1.6.0 and 1.6.1 ends a day early: its last day has no tomorrow in the window."""
    found = compare(side(one), side(other), *YEARS)
    ours, theirs = (on_the_last_day(side(s)) for s in (one, other)) if ends_a_day_early else (set(), set())
    only_ours = (found.only_source if found else 0) - len(ours - theirs)
    only_theirs = (found.only_target if found else 0) + len(ours & theirs)
    if not (only_ours or only_theirs):
        return ["same"]
    if found is None or (found.first > LAST_DAY and theirs):
        return ["different", f"{min(theirs):%Y-%m-%d %H:%M}", "pg_cron", only_ours, only_theirs]
    where = {"source": "source", "target": "pg_cron"}[found.fires_only_in]
    return ["different", f"{found.first:%Y-%m-%d %H:%M}", where, only_ours, only_theirs]


@pytest.mark.parametrize("case", CASES, ids=[repr(case["expression"]) for case in CASES])
def test_recorded_case(case: dict[str, Any]) -> None:
    expression = case["expression"]
    for name, recorded in case["results"].items():
        ours = parsed(name, expression)
        early = name == "pg_cron@1.6.1" and "$" not in expression  # the record takes "$" from the day itself
        if "note" in recorded:
            expected = Reboot() if recorded["note"] == "reboot" else Interval(int(recorded["note"].split()[1][:-1]))
            assert ours == expected, name
        elif recorded["fires"] is None:
            assert ours is None, name
        else:
            assert isinstance(ours, Fields), name
            lost = len(on_the_last_day(side(ours))) if early else 0
            assert count(side(ours), *YEARS) - lost == recorded["fires"], name
        for version, other in AGAINST.items():
            if version not in recorded:
                continue
            theirs = parsed(other, expression)
            if isinstance(ours, Fields) and isinstance(theirs, Fields):
                assert difference(ours, theirs, ends_a_day_early=early) == recorded[version], (name, version)
            elif ours is None or theirs is None:
                verdict = "rejected_by_source" if theirs else "rejected_by_pg_cron" if ours else "both_reject"
                assert [verdict] == recorded[version], (name, version)


def test_every_dialect_has_cases() -> None:
    recorded = {name.partition("@")[0] for case in CASES for name in case["results"]}
    assert recorded == set(names())
