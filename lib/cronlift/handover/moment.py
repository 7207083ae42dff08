"""The instant at which a job changes hands: in the future, between two firings, and far from both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import pairwise

from cronlift.errors import SafetyError
from cronlift.schedule import next_firings

LARGEST_MARGIN = timedelta(minutes=5)
SLACK = timedelta(seconds=4)
"""What the act itself may take until its update is committed."""
_FAR = 40


@dataclass(frozen=True)
class Moment:
    """``at``: ticks from here on are the new owner's. ``commit_by``: the update must be visible by then. ``margin``: no
    firing is nearer to ``at``. ``rows_at``: what ``at`` is for rows that name no tick (None: the same)."""

    at: datetime
    commit_by: datetime
    margin: timedelta
    rows_at: datetime | None = None

    def before(self, firing: datetime) -> Moment:
        """The same, where ``firing`` is the job's first one behind it.

        A row that names no tick comes behind it, however late, and by a clock that may be ahead by half of the margin
        (more is refused): what is inserted half a margin before the firing, or later, is for that one or a later one,
        and all that comes before for one before. So such a row may be late by the gap less half a margin; judged by
        ``at`` it could be by the margin.
        """
        return replace(self, rows_at=firing - self.margin / 2)


@dataclass(frozen=True)
class Schedule:
    """A pg_cron expression as one version reads it in one zone; ``latest`` is its latest firing, where it has fired."""

    expression: str
    version: str
    timezone: str
    latest: datetime | None


def choose(schedules: Sequence[Schedule], now: datetime, job: str) -> Moment:
    """The first moment that is far enough from all firings of the schedules, and leaves the time to commit.

    The margin is half of the gap between the two neighbouring firings, at most five minutes: the switch must be
    visible well before, and the clocks of application and database may differ by half of it. Raises SafetyError for a
    schedule that never fires again.
    """
    for before, after in pairwise(_firings(schedules, now)):
        margin = min((after - before) / 2, LARGEST_MARGIN)
        at = max(before + margin, _whole(now + SLACK + margin))
        if at <= after - margin:
            return Moment(at, at - margin, margin)
    raise SafetyError(
        f"{job} does not fire again: there is no tick to hand over",
        where=", ".join(schedule.expression for schedule in schedules),
        do="leave it in the application, or take its entry out there",
    )


def _firings(schedules: Sequence[Schedule], now: datetime) -> Iterator[datetime]:
    latest = [schedule.latest for schedule in schedules if schedule.latest]
    # One that has never fired has its gap begin long ago.
    yield max(latest) if latest else now - timedelta(days=366)
    following = [next_firings(s.expression, now, _FAR, s.version, s.timezone) for s in schedules]
    last = None
    for firing in merge(*following):
        if firing != last:
            yield firing
        last = firing


def _whole(instant: datetime) -> datetime:
    """The next whole second: easier to read, and to type."""
    return instant.replace(microsecond=0) + timedelta(seconds=1 if instant.microsecond else 0)
