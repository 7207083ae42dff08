"""What every dialect gives: an expression's meaning, or what its own scheduler says against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from cronlift.errors import UsageError
from cronlift.schedule import dates as calendar_dates
from cronlift.schedule.firings import FiringSet, firing_set


class BadExpression(UsageError):
    """The scheduler would refuse the expression; ``says`` is its own message."""

    def __init__(self, expression: str, dialect: str, says: str) -> None:
        self.says = says
        super().__init__(
            f"{dialect} does not accept the schedule {expression!r}: {says}",
            do="mend the expression in the application; a job with it cannot have run",
        )


class NotHeld(UsageError):
    """The scheduler reads the expression, but it says something that a crontab of minutes does not hold."""

    def __init__(self, expression: str, dialect: str, what: str) -> None:
        super().__init__(
            f"the schedule {expression!r} of {dialect} says {what}, which no crontab of minutes holds",
            do="leave this job in the application",
        )


@dataclass(frozen=True, slots=True)
class Fields:
    """The five fields as sets (Sunday is 0), and how day of month and weekday are joined.

    ``rule`` ``and``: a date must satisfy both; ``or``: one is enough. ``last_day``: the last day of the month
    counts as a day of month too. ``day_ahead``: the scheduler reads all fields from tomorrow's date and time.
    ``texts`` are the fields as written.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    rule: Literal["and", "or"] = "and"
    last_day: bool = False
    day_ahead: bool = False
    texts: tuple[str, ...] = ()

    def firing_set(self) -> FiringSet:
        """The exact set of local minutes it fires at, on the clock it reads (``day_ahead`` is the
        clock's)."""
        days = calendar_dates.union("day", self.days)
        if self.last_day:
            # a scheduler that looks at tomorrow takes for the last day the one whose tomorrow is a first
            days |= calendar_dates.DAY_SETS[1] if self.day_ahead else calendar_dates.LAST_DAYS
        weekdays = calendar_dates.union("weekday", self.weekdays)
        both = days & weekdays if self.rule == "and" else days | weekdays
        return firing_set(self.minutes, self.hours, both & calendar_dates.union("month", self.months))


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many seconds, counted from the last start: no instant of the clock."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Reboot:
    """Once, when the scheduler itself starts."""


Parsed = Fields | Interval | Reboot


class Dialect(Protocol):
    """A scheduler's way to read an expression. ``title`` names it in sentences, version included."""

    @property
    def title(self) -> str: ...

    def parse(self, expression: str) -> Parsed:
        """The meaning. Raises BadExpression with the scheduler's own words."""
        ...
