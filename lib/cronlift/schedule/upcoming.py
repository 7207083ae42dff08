"""The next instants of a schedule, in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, takewhile

from cronlift.errors import UsageError
from cronlift.schedule import zones
from cronlift.schedule.dialects import Fields, find
from cronlift.schedule.dialects.pg_cron import family
from cronlift.schedule.timeline import Side, upcoming

_YEARS_AHEAD = 40  # longer than the rarest rule waits (29 February on a given weekday)


def next_firings(
    pg_cron_expression: str,
    after: datetime,
    n: int,
    version: str = "1.4",
    cron_timezone: str = "GMT",
    *,
    match_dom_and_dow: bool = False,
) -> list[datetime]:
    """The ``n`` instants (UTC) after ``after`` at which pg_cron fires the expression; fewer if there are no
    more.

    Empty for ``@reboot``, for seconds, and for what never fires. ``after`` must know its zone and not lie
    before 2010. Raises UsageError for an expression this pg_cron refuses.
    """
    dialect = family(version, match_dom_and_dow=match_dom_and_dow)[-1]
    zone = cron_timezone if dialect.version >= (1, 5) else "GMT"
    parsed = dialect.parse(pg_cron_expression)
    return _next(parsed, zone, after, n) if isinstance(parsed, Fields) else []


def firings_between(
    pg_cron_expression: str, after: datetime, until: datetime, version: str = "1.4", cron_timezone: str = "GMT"
) -> list[datetime]:
    """The instants (UTC) in (``after``, ``until``] at which pg_cron fires the expression; else as ``next_firings``."""
    dialect = family(version)[-1]
    zone = cron_timezone if dialect.version >= (1, 5) else "GMT"
    parsed = dialect.parse(pg_cron_expression)
    return list(takewhile(lambda f: f <= until, _upcoming(parsed, zone, after))) if isinstance(parsed, Fields) else []


def next_source_firings(
    expression: str, after: datetime, n: int, source: str = "oban", timezone: str = "Etc/UTC"
) -> list[datetime]:
    """The same for the application's scheduler; the instants are in ``timezone``."""
    parsed = find(source).parse(expression)
    if not isinstance(parsed, Fields):
        return []
    where = zones.zone(timezone)
    return [moment.astimezone(where) for moment in _next(parsed, timezone, after, n)]


def _next(fields: Fields, zone: str, after: datetime, n: int) -> list[datetime]:
    return list(islice(_upcoming(fields, zone, after), n))


def _upcoming(fields: Fields, zone: str, after: datetime) -> Iterator[datetime]:
    if after.tzinfo is None:
        raise UsageError("an instant without a time zone was given", do="give it one, e.g. datetime.now(UTC)")
    first = after.astimezone(UTC).year
    if first < zones.COVERED_FROM:
        raise UsageError(
            f"schedules are looked up from {zones.COVERED_FROM} on, not from {first}",
            do="give a later instant",
        )
    clock = zones.clock(zone, first + _YEARS_AHEAD)
    side = Side(fields.firing_set(), clock.day_ahead() if fields.day_ahead else clock)
    return upcoming(side, after, first, first + _YEARS_AHEAD)
