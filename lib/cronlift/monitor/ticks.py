"""When an entry should have run, and when it will: its schedule as this pg_cron reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cronlift.errors import UsageError
from cronlift.schedule import firings_between, next_firings, rate
from cronlift.schedule.dialects.pg_cron import family
from cronlift.schedule.dialects.protocol import BadExpression, Fields, Interval, Parsed
from cronlift.schedule.firings import ALWAYS

_BACK = (timedelta(hours=2), timedelta(days=2), timedelta(days=40), timedelta(days=400), timedelta(days=3700))
COUNTED = 10_000
"""Firings are counted so many minutes back: a week."""


@dataclass(frozen=True)
class Ticks:
    """A schedule on one server. ``parsed`` None: pg_cron refuses it (the row was written by hand). ``timezone`` None:
    not known, and with it no firing but those of every minute."""

    schedule: str
    version: str
    timezone: str | None
    parsed: Parsed | None

    @property
    def never(self) -> bool:
        """Whether no instant is one of its own (``@reboot`` has none either, and is not meant)."""
        return self.parsed is None or (isinstance(self.parsed, Fields) and rate.firings(self.parsed).never)

    @property
    def period(self) -> float | None:
        """The shortest time between two firings of one day, in seconds; None where it has no instants."""
        if isinstance(self.parsed, Interval):
            return self.parsed.seconds
        if isinstance(self.parsed, Fields) and not self.never:
            return rate.gap_seconds(self.parsed)
        return None

    def next(self, after: datetime, last_start: datetime | None) -> datetime | None:
        """The next firing; for "every n seconds", n seconds after the last start."""
        if isinstance(self.parsed, Interval):
            return max((last_start or after) + timedelta(seconds=self.parsed.seconds), after)
        if not self._known:
            return None
        return next(iter(next_firings(self.schedule, after, 1, self.version, self.timezone or "GMT")), None)

    def latest(self, at: datetime) -> datetime | None:
        """The last firing not after ``at``; None for seconds, ``@reboot`` and what did not fire for ten years."""
        if not isinstance(self.parsed, Fields) or self.never:
            return None
        for back in _BACK if self._known else ():
            before = self._within(at - back, at)
            if before:
                return before[-1]
        return None

    def between(self, after: datetime, until: datetime) -> int:
        """How many firings lie in (after, until], of the last COUNTED minutes. Of "every n seconds" one: pg_cron queues
        no more."""
        if isinstance(self.parsed, Interval):
            return int(until - after >= timedelta(seconds=self.parsed.seconds))
        longest = timedelta(minutes=COUNTED)
        return len(self._within(max(after, until - longest), until))

    def _within(self, after: datetime, until: datetime) -> list[datetime]:
        if not self._known:
            return []
        return firings_between(self.schedule, after, until, self.version, self.timezone or "GMT")

    @property
    def _known(self) -> bool:
        if not isinstance(self.parsed, Fields):
            return False
        return self.timezone is not None or rate.firings(self.parsed) == ALWAYS


def ticks(schedule: str, version: str, timezone: str | None) -> Ticks:
    """The schedule as the server's pg_cron reads it; of a version not known yet as the newest known one does."""
    try:
        dialect = family(version)[-1]
    except UsageError:
        version = "1.6"
        dialect = family(version)[-1]
    try:
        parsed: Parsed | None = dialect.parse(schedule)
    except BadExpression:
        parsed = None
    return Ticks(schedule, version, timezone, parsed)
