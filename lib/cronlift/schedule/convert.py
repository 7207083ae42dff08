"""Conversion with proof: an application's schedule as pg_cron entry, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cronlift.model.plan import ScheduleVerdict
from cronlift.schedule import candidates, explain, guard, zones
from cronlift.schedule.candidates import Candidate
from cronlift.schedule.dates import eve_of
from cronlift.schedule.dialects import BadExpression, Fields, Interval, Reboot, find
from cronlift.schedule.dialects.pg_cron import PgCron, family
from cronlift.schedule.firings import ALWAYS, FiringSet, firing_set
from cronlift.schedule.render import DAY, HOUR, MINUTE, MONTH, WEEKDAY
from cronlift.schedule.timeline import Side, compare, count
from cronlift.schedule.zones import Clock

COUNTED = (2025, 2028)
"""The years firings are counted in for people's sentences (a whole leap cycle)."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One conversion: the source's meaning and clock, and the versions it must hold on."""

    fields: Fields
    clock: Clock
    versions: tuple[PgCron, ...]
    cron_clock: Clock
    years: tuple[int, int]
    same_clock: bool

    @property
    def source(self) -> Side:
        return Side(self.fields.firing_set(), self.clock)

    def target(self, fields: Fields, tests: guard.Tests | None = None) -> Side:
        clock = self.cron_clock.day_ahead() if fields.day_ahead else self.cron_clock
        if not tests:
            return Side(fields.firing_set(), clock)
        return Side(fields.firing_set(), clock, _allowed(tests), self.clock)

    def first_difference(self, fields: Fields, tests: guard.Tests | None = None) -> datetime | None:
        """None is a proof: the sets are equal on one clock, or all instants of a window that shows every
        rule."""
        target = self.target(fields, tests)
        if self.same_clock and (not fields.day_ahead or self.cron_clock.fixed):
            firings = target.firings
            if fields.day_ahead:
                firings = firing_set(firings.minutes, firings.hours, eve_of(firings.dates))
            if (firings & target.guard if target.guard else firings) == self.source.firings:
                return None
        found = compare(self.source, target, *self.years)
        return found.first if found else None


def _allowed(tests: guard.Tests) -> FiringSet:
    fields = Fields(
        minutes=tests.get(MINUTE, ALWAYS.minutes),
        hours=tests.get(HOUR, ALWAYS.hours),
        days=tests.get(DAY, candidates.EVERY_DAY),
        months=tests.get(MONTH, candidates.EVERY_MONTH),
        weekdays=tests.get(WEEKDAY, candidates.EVERY_WEEKDAY),
    )
    return fields.firing_set()


def convert(
    expression: str,
    source: str = "oban",
    timezone: str = "Etc/UTC",
    pg_cron: str = "1.4",
    cron_timezone: str = "GMT",
    *,
    match_dom_and_dow: bool = False,
) -> ScheduleVerdict:
    """The pg_cron expression that fires at exactly the instants of ``expression``, with the proof.

    ``source`` is a dialect (``oban``, ``oban@2.8.0``, ``oban-py``; see ``dialects``), ``timezone`` the zone
    the application reads it in, ``pg_cron`` the version as the server or its package names it,
    ``cron_timezone`` the server's ``cron.timezone`` (versions before 1.5 have none: GMT). Raises UsageError
    for an expression the source scheduler refuses (with its words), an unknown dialect, version or zone.
    """
    dialect = find(source)
    parsed = dialect.parse(expression)
    versions = family(pg_cron, match_dom_and_dow=match_dom_and_dow)
    zone_of_cron = cron_timezone if versions[0].version >= (1, 5) else "GMT"
    years = zones.horizon((timezone, zone_of_cron))
    clock, cron_clock = zones.clock(timezone, years[1]), zones.clock(zone_of_cron, years[1])
    known = ScheduleVerdict(
        source=expression, dialect=source, timezone=timezone,
        pg_cron=None, guard=None, equal="impossible", horizon="",
    )  # fmt: skip
    if isinstance(parsed, Reboot):
        return _impossible(known, explain.reboot(dialect.title), explain.REBOOT_NOTES)
    if isinstance(parsed, Interval):
        return _interval(known, parsed, versions)
    if parsed.day_ahead:
        clock = clock.day_ahead()
    same_clock = zones.same(clock, cron_clock)
    task = _Task(parsed, clock, versions, cron_clock, years, same_clock)
    if task.source.firings.never:
        return _impossible(known, explain.never(dialect.title), ())
    return _calendar(known, task, _copied(expression, task), zone_of_cron, cron_timezone)


def _calendar(
    known: ScheduleVerdict, task: _Task, copied: _Copied, zone_of_cron: str, cron_timezone: str
) -> ScheduleVerdict:
    fires = count(task.source, *COUNTED)
    what = explain.describe(task.fields, known.timezone)
    common = {
        "horizon": explain.horizon(task.years, same_clock=task.same_clock),
        "source_firings": fires,
        "copied_firings": copied.fires,
        "copied_first_difference": explain.instant(copied.first_difference),
    }
    problem: _Problem | None = None
    for candidate in _candidates(task):
        problem = _problem(candidate, task)
        if problem is None:
            return _with(
                known,
                **common,
                pg_cron=candidate.text,
                guard=_guard(candidate, task),
                equal="proved",
                explanation=explain.copied(
                    what,
                    fires,
                    copied.fires,
                    copied.first_difference,
                    copied.refusal,
                    task.versions[-1].title,
                ),
                notes=tuple(_notes(candidate, task, fires, zone_of_cron, cron_timezone)),
            )
    if problem is None:
        return _impossible(known, f"{what}; no pg_cron expression with a guard says that across two clocks", ())
    why = explain.broken(problem.version, problem.text, problem.first, problem.why)
    return _with(
        known,
        **common,
        equal="differs",
        first_difference=explain.instant(problem.first),
        explanation=f"{what}; {why}",
        notes=(why, *explain.advice(problem.version)),
    )


def _candidates(task: _Task) -> Iterable[Candidate]:
    if task.same_clock:
        return candidates.on_the_same_clock(task.fields)
    shifts = frozenset(cron - app for app, cron in zones.offset_pairs(task.clock, task.cron_clock, task.years[1]))
    return candidates.across_clocks(task.fields, shifts)


@dataclass(frozen=True, slots=True)
class _Problem:
    """Why a candidate will not do: what a version makes of it, and the first instant that shows it."""

    text: str
    version: PgCron
    why: str
    first: datetime | None = None


def _problem(candidate: Candidate, task: _Task) -> _Problem | None:
    """What is wrong with a candidate on one of the versions; None: it is proved on all of them."""
    for version in task.versions:
        try:
            parsed = version.parse(candidate.text)
        except BadExpression as error:
            return _Problem(candidate.text, version, f"says {error.says!r}")
        if isinstance(parsed, Interval):
            return _Problem(candidate.text, version, f"runs the job every {parsed.seconds} seconds")
        if not isinstance(parsed, Fields):
            return _Problem(candidate.text, version, "runs the job when it starts")
        first = task.first_difference(parsed, candidate.tests)
        if first is not None:
            return _Problem(candidate.text, version, "fires at other instants", first)
    return None


@dataclass(frozen=True, slots=True)
class _Copied:
    """What pg_cron would make of the source's own text."""

    fires: int | None
    first_difference: datetime | None
    refusal: str | None


def _copied(expression: str, task: _Task) -> _Copied:
    version = task.versions[-1]
    try:
        parsed = version.parse(expression)
    except BadExpression as error:
        return _Copied(None, None, error.says)
    if not isinstance(parsed, Fields):
        return _Copied(None, None, None)
    return _Copied(count(task.target(parsed), *COUNTED), task.first_difference(parsed), None)


def _guard(candidate: Candidate, task: _Task) -> str | None:
    if not candidate.tests:
        return None
    parsed = task.versions[-1].parse(candidate.text)
    assert isinstance(parsed, Fields)
    return guard.sql(parsed, task.cron_clock, candidate.tests, task.clock, same_clock=task.same_clock)


def _notes(candidate: Candidate, task: _Task, fires: int, zone_of_cron: str, asked: str) -> Iterable[str]:
    if candidate.tests:
        parsed = task.versions[-1].parse(candidate.text)
        assert isinstance(parsed, Fields)
        yield explain.guarded(count(task.target(parsed), *COUNTED), fires)
    if not task.same_clock:
        yield explain.other_clock(task.clock.name, task.cron_clock.name, task.versions[0].version >= (1, 5))
    elif not task.clock.fixed:
        yield explain.needs_timezone(task.cron_clock.name)
    if zone_of_cron != asked:
        yield explain.TIMEZONE_IGNORED
    yield from explain.unnamed_patch(task.versions, candidate.text)


def _with(known: ScheduleVerdict, **found: object) -> ScheduleVerdict:
    return ScheduleVerdict.model_validate(known.model_dump() | found)


def _impossible(known: ScheduleVerdict, why: str, notes: tuple[str, ...]) -> ScheduleVerdict:
    return _with(known, explanation=why, notes=(why, *notes))


def _interval(known: ScheduleVerdict, parsed: Interval, versions: tuple[PgCron, ...]) -> ScheduleVerdict:
    if any(version.version < (1, 5) for version in versions):
        return _impossible(known, explain.seconds_unknown(parsed.seconds, versions[-1].title), ())
    return _with(
        known,
        pg_cron=f"{parsed.seconds} seconds",
        guard=None,
        equal="proved",
        horizon=explain.NO_INSTANTS,
        explanation=explain.seconds(parsed.seconds),
        notes=(explain.SECONDS_DRIFT,),
    )
