"""Sentences about schedules, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cronlift.schedule import render, zones
from cronlift.schedule.dialects.pg_cron import PgCron
from cronlift.schedule.dialects.protocol import Fields
from cronlift.schedule.render import DAY, MONTH, WEEKDAY

_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKS = {range(1, 8): "first", range(8, 15): "second", range(15, 22): "third", range(22, 29): "fourth"}
_UTC = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Etc/Universal"})

NO_INSTANTS = "none: seconds are counted from the last start, not by the clock"
SECONDS_DRIFT = (
    "pg_cron counts the seconds from the job's last start and queues at most one run: the runs drift and "
    "are not aligned to the minute"
)
REBOOT_NOTES = (
    "pg_cron's own @reboot runs whenever its launcher starts (server start, crash recovery, promotion of a "
    "standby): another occasion, so it is never written for you",
)
TIMEZONE_IGNORED = "pg_cron before 1.5 has no cron.timezone: it always reads schedules in GMT, whatever SHOW says"


def describe(fields: Fields, timezone: str) -> str:
    """``fires Sundays at 05:00 UTC in the first week of a month``."""
    times = _times(fields)
    zone = "UTC" if timezone in _UTC else f"in {timezone}"
    if render.full(render.HOUR, fields.hours) and times.startswith("every") and timezone in _UTC:
        zone = ""  # the same in every zone
    return " ".join(["fires", *filter(None, [_dates(fields), times, zone, _rest_of_dates(fields)])])


def _times(fields: Fields) -> str:
    minutes, hours = sorted(fields.minutes), sorted(fields.hours)
    every_hour = render.full(render.HOUR, fields.hours)
    minute_text = render.field(render.MINUTE, fields.minutes)
    if every_hour and minute_text == "*":
        return "every minute"
    if len(minutes) * len(hours) <= 6:
        return "at " + _listed([f"{hour:02}:{minute:02}" for hour in hours for minute in minutes])
    if minute_text == "*":
        which = "every minute"
    elif minute_text.startswith("*/"):
        which = f"every {minute_text[2:]} minutes"
    elif len(minutes) == 1:
        which = f"at minute {minutes[0]}"
    else:
        which = f"at minutes {_numbers(minutes)}"
    if every_hour:
        return which if minute_text.startswith("*") else f"{which} of every hour"
    if minute_text.startswith("*") and hours == list(range(hours[0], hours[-1] + 1)):
        return f"{which} from {hours[0]:02}:00 to {hours[-1]:02}:59"
    return f"{which} of the hours {_numbers(hours)}"


def _dates(fields: Fields) -> str:
    """What comes before the time: the weekdays, or the days of month where no weekday is named."""
    days_open, weekdays_open = render.full(DAY, fields.days), render.full(WEEKDAY, fields.weekdays)
    if fields.rule == "or" and not (days_open or weekdays_open) and fields.days | fields.weekdays:
        return " and ".join(filter(None, [_days(fields), _weekday_names(fields)])) + ","
    if fields.rule == "or" and (days_open or weekdays_open):
        return ""
    if not weekdays_open and fields.weekdays:
        return _weekday_names(fields)
    return "" if days_open else _days(fields)


def _rest_of_dates(fields: Fields) -> str:
    """What comes after the time: the days of month that narrow the weekdays, and the months."""
    parts = []
    narrowed = not render.full(DAY, fields.days) and not render.full(WEEKDAY, fields.weekdays)
    if fields.rule == "and" and narrowed:
        days = sorted(fields.days)
        week = next((name for span, name in _WEEKS.items() if days == list(span)), None)
        parts.append(f"in the {week} week of a month" if week else f"where they fall on {_days(fields)[3:]}")
    if not render.full(MONTH, fields.months):
        parts.append("in " + _listed([_MONTHS[month - 1] for month in sorted(fields.months)]))
    return " ".join(parts)


def _days(fields: Fields) -> str:
    days = sorted(fields.days)
    names = []
    if days:
        listed = _listed([_ordinal(day) for day in days]) if len(days) <= 4 else f"days {_numbers(days)}"
        names.append(f"the {listed}" if len(days) <= 4 else listed)
    if fields.last_day:
        names.append("the last day")
    return f"on {' and '.join(names)} of a month" if names else ""


def _weekday_names(fields: Fields) -> str:
    weekdays = sorted(fields.weekdays)
    if weekdays == [1, 2, 3, 4, 5]:
        return "Monday to Friday"
    return _listed([f"{_WEEKDAYS[day]}s" for day in weekdays])


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _numbers(values: Sequence[int]) -> str:
    return _listed(render.number_runs(list(values)))


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "none"


def instant(moment: datetime | None) -> str | None:
    """``2025-01-01T05:00:00Z``, for documents."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def told(moment: datetime) -> str:
    """``Wed 2025-01-01 05:00``, for sentences."""
    return moment.strftime("%a %Y-%m-%d %H:%M")


def horizon(years: tuple[int, int], *, same_clock: bool) -> str:
    """On what grounds the answer holds."""
    if same_clock:
        return "every date: both read the same clock, and their sets of dates, hours and minutes were compared"
    return (
        f"{years[0]}-01-01 to {years[1]}-12-31, every minute: all changes of both zones that the IANA zone "
        f"data {zones.data_version()} list, and after the last one every kind of year"
    )


def copied(
    what: str, fires: int, copied_fires: int | None, first: datetime | None, refusal: str | None, title: str
) -> str:
    """What the schedule is, and what the source's text would do in pg_cron unchanged."""
    if refusal is not None:
        return f"{what}; copied as it is, {title} would refuse it ({refusal})"
    if copied_fires is None:
        return f"{what}; copied as it is, {title} would take it for a number of seconds"
    if first is None:
        return f"{what}; the text means the same in {title}"
    if copied_fires == fires:
        counts = f"fire as often ({fires} times in 2025–2028), but at other instants"
    else:
        counts = f"fire {copied_fires} instead of {fires} times in 2025–2028"
    return f"{what}; copied as it is, {title} would {counts}, first wrong on {told(first)} UTC"


def broken(version: PgCron, text: str, first: datetime | None, why: str) -> str:
    """Why the best text there is cannot be trusted to this version."""
    when = f", first on {told(first)} UTC" if first else ""
    return f"{version.title} cannot be trusted with it: for {text!r} it {why}{when}"


def advice(version: PgCron) -> Iterator[str]:
    """What to do about a version that breaks a schedule."""
    if (1, 5) <= version.version < (1, 5, 1):
        yield "pg_cron 1.5.0 takes schedules that begin with 1 to 59 for seconds: upgrade to 1.5.1 first"
    if (1, 6) <= version.version < (1, 6, 2):
        yield "pg_cron 1.6.0 and 1.6.1 read date and weekday from tomorrow; 1.6.2 is right: upgrade first"


def unnamed_patch(versions: tuple[PgCron, ...], text: str) -> Iterator[str]:
    """A warning where the server's own version number does not tell a broken release from a good one."""
    newest = versions[-1].version
    if versions == (PgCron((1, 5, 1)),) and text[:1] not in "0*":
        yield "a server that says 1.5 may be 1.5.0, which takes this for seconds: look at the package"
    fields = text.split()
    if len(versions) == 2 and newest[:2] == (1, 6) and fields[2:] != ["*", "*", "*"]:
        yield "a server that says 1.6 may be 1.6.0 or 1.6.1, which run this a day early: look at the package"


def guarded(runs: int, fires: int) -> str:
    """What a guard costs."""
    return (
        f"pg_cron starts the job {runs} times in 2025–2028; the guard lets {fires} of them work, the others "
        "end at once and show as succeeded. A run that starts after the next firing is judged by that one"
    )


def other_clock(app: str, cron: str, settable: bool) -> str:
    """Why there is a guard on local time, and what would do without."""
    text = f"the application reads the schedule in {app}, pg_cron in {cron}"
    if settable:
        return f"{text}; with cron.timezone = '{app}' (for the whole server, needs a restart) no guard is needed"
    return f"{text}, which this version cannot change (cron.timezone: 1.5 and later)"


def needs_timezone(cron: str) -> str:
    """What the proof leans on."""
    return (
        f"holds as long as cron.timezone is {cron}; a local time that a clock change skips does not fire, "
        "one that it repeats fires twice, in the application and in pg_cron alike"
    )


def reboot(title: str) -> str:
    """@reboot, said plainly."""
    return f"runs when {title} starts, not at an instant: it stays with the application"


def never(title: str) -> str:
    """A date that does not exist."""
    return f"never fires: no date fits all its fields, so {title} has never run it; there is nothing to move"


def seconds(number: int) -> str:
    """A sub-minute schedule."""
    return f"runs every {number} seconds, counted from its last start"


def seconds_unknown(number: int, title: str) -> str:
    """A sub-minute schedule on a version that has none."""
    return f"runs every {number} seconds; {title} knows no interval below a minute (1.5 and later do)"


def clock_changes(timezone: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """The clock changes of a zone: ``2026-03-08 07:00 UTC: +60 min, 02:00 to 03:00 does not exist``."""
    clock = zones.clock(timezone, last_year)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    found = []
    for (_, before), (at, after) in pairwise(clock.changes):
        moment = epoch + timedelta(minutes=at)
        if first_year <= moment.year <= last_year:
            low, high = (moment + timedelta(minutes=o) for o in sorted((before, after)))
            what = "does not exist" if after > before else "occurs twice"
            found.append(f"{moment:%Y-%m-%d %H:%M} UTC: {after - before:+} min, {low:%H:%M} to {high:%H:%M} {what}")
    return tuple(found)


def running_differences(title: str) -> tuple[str, ...]:
    """What pg_cron does otherwise even where the instants are the same (pg_cron.c: StartPendingRuns,
    ManageCronTask)."""
    return (
        f"{title} starts a job although the last run is still going; pg_cron runs one at a time and makes up "
        "every firing it missed meanwhile, back to back",
        "a stalled pg_cron makes up missed firings (all up to 5 minutes, up to 3 hours those of jobs with a "
        f"fixed minute and hour); {title} makes up none",
        "pg_cron never retries a failed run",
    )
