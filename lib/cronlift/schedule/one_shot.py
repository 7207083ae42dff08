"""One-shots: a job for one instant, as a pg_cron entry that takes itself away.

A cron expression has no year, so the entry would come round again: the guard lets only the one tick through, and the
entry's last statement unschedules it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronlift.errors import UsageError
from cronlift.schedule import zones
from cronlift.schedule.dialects.pg_cron import family
from cronlift.schedule.guard import NOW
from cronlift.schedule.upcoming import next_firings


@dataclass(frozen=True, slots=True)
class OneShot:
    """``guard`` is true for a run of the one tick, however late it starts; ``unschedule`` is the SQL that follows the
    work. It has to run in the database pg_cron lives in; elsewhere the guard alone keeps the job to one run."""

    pg_cron: str
    guard: str
    unschedule: str


def one_shot(moment: datetime, cron_name: str, pg_cron: str = "1.4", cron_timezone: str = "GMT") -> OneShot:
    """The entry for a job that is due once, at ``moment`` (with a zone, a whole minute).

    Raises UsageError for another moment, and where this pg_cron would not fire then.
    """
    if moment.tzinfo is None or moment.second or moment.microsecond:
        raise UsageError(
            f"{moment.isoformat()} is not a whole minute of a known zone", do="give one; cron has no seconds"
        )
    moment = moment.astimezone(UTC)
    versions = family(pg_cron)
    zone = cron_timezone if versions[0].version >= (1, 5) else "GMT"
    local = moment.astimezone(zones.zone(zone))
    text = f"{local.minute} {local.hour} {local.day} {local.month} *"
    for version in versions:
        number = ".".join(map(str, version.version)) if version.version <= (1, 6, 7) else "master"
        following = next_firings(text, moment - timedelta(minutes=1), 2, number, zone)
        if following[:1] != [moment]:
            raise UsageError(
                f"{version.title} would not fire {text!r} at {moment:%Y-%m-%d %H:%M} UTC",
                do="upgrade pg_cron (1.5.0, 1.6.0 and 1.6.1 read such schedules wrongly), or run the job by hand",
            )
    name = cron_name.replace("'", "''")
    return OneShot(
        pg_cron=text,
        guard=f"{NOW} >= {_literal(moment)} AND {NOW} < {_literal(following[1])}",
        unschedule=f"SELECT cron.unschedule('{name}')",
    )


def _literal(moment: datetime) -> str:
    return f"timestamptz '{moment:%Y-%m-%d %H:%M}:00+00'"
