"""The instant of the switch, for every kind of schedule and at every second of a gap."""

from datetime import UTC, datetime, timedelta

import pytest

from cronlift.errors import SafetyError
from cronlift.handover.moment import LARGEST_MARGIN, SLACK, Schedule, choose
from cronlift.schedule import next_firings

START = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def latest(expression: str, now: datetime) -> datetime | None:
    for reach in (timedelta(hours=7), timedelta(days=400)):
        found = [m for m in next_firings(expression, now - reach, 1500, "1.4") if m <= now]
        if found:
            return found[-1]
    return None


@pytest.mark.parametrize(
    "expression", ["*/5 * * * *", "0 * * * *", "0,3 * * * *", "7 3 * * *", "0 0 1 * *", "0 0 29 2 *", "0 */6 * * 1-5"]
)
def test_far_from_both_neighbours_and_time_to_commit(expression):
    for second in range(0, 3600, 211):
        now = START + timedelta(seconds=second)
        chosen = choose([Schedule(expression, "1.4", "GMT", latest(expression, now))], now, "job")
        before = latest(expression, chosen.at)
        after = next_firings(expression, chosen.at, 1, "1.4")[0]
        assert chosen.margin <= LARGEST_MARGIN
        if before is not None:
            assert chosen.margin == min((after - before) / 2, LARGEST_MARGIN)
            assert chosen.at - before >= chosen.margin
        assert after - chosen.at >= chosen.margin
        assert chosen.commit_by == chosen.at - chosen.margin
        assert now + SLACK <= chosen.commit_by
        assert chosen.at - now < timedelta(minutes=16)


@pytest.mark.parametrize("second", range(60))
def test_every_minute_the_switch_is_at_the_half(second):
    now = START + timedelta(seconds=second)
    chosen = choose([Schedule("* * * * *", "1.4", "GMT", START)], now, "job")
    assert chosen.at.second == 30
    assert chosen.margin == timedelta(seconds=30)
    assert timedelta(seconds=34) <= chosen.at - now < timedelta(seconds=95)


def test_of_two_schedules_all_firings_count():
    """A new version of a job with another schedule."""
    chosen = choose(
        [Schedule("0 * * * *", "1.4", "GMT", START), Schedule("12 * * * *", "1.4", "GMT", None)],
        START + timedelta(minutes=6),
        "job",
    )
    assert chosen.at == START + timedelta(minutes=17)


def test_what_never_fires_again_is_refused():
    with pytest.raises(SafetyError, match="does not fire again"):
        choose([Schedule("0 0 31 2 *", "1.4", "GMT", None)], START, "job")
