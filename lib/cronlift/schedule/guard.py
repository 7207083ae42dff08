"""The guard: a SQL condition that judges the tick a run belongs to.

pg_cron hands a run no due time, and a run may start late (queued, or behind its predecessor), even after
midnight. So the guard asks for the latest firing of the cron expression that is not later than the
statement's start, and tests *its* date and time. Used as ``IF (guard) THEN …`` or ``WHERE (guard)``.
"""

# ruff: noqa: S608 - the text is made of integers and quoted zone names, of nothing a user wrote

from __future__ import annotations

from collections.abc import Mapping

from cronlift.schedule.dates import longest_wait
from cronlift.schedule.dialects.protocol import Fields
from cronlift.schedule.render import DAY, HOUR, MINUTE, MONTH, WEEKDAY, full, sets
from cronlift.schedule.zones import UTC_CLOCK, Clock

Tests = Mapping[int, frozenset[int]]
"""What a tick must satisfy: the field's place (``render.MINUTE`` …) and the values allowed."""
NOW = "statement_timestamp()"
_NAMES = {MINUTE: "minute", HOUR: "hour", DAY: "day", MONTH: "month", WEEKDAY: "dow"}


def sql(expression: Fields, clock: Clock, tests: Tests, source: Clock, *, same_clock: bool) -> str:
    """The guard for a pg_cron entry of ``expression`` on ``clock``; the tests are of the ``source`` clock.

    ``extract(dow …)`` counts Sunday as 0, as the tests do (PostgreSQL manual, 9.9.1).
    """
    wait = longest_wait(expression.firing_set().dates)
    if not clock.fixed:
        return _on_a_changing_clock(expression, clock, tests, source, wait)
    if same_clock and not {MINUTE, HOUR} & set(tests):
        return _of_the_date(expression, clock, tests, wait)
    tick = "tick" if same_clock else f"tick AT TIME ZONE {_zone(clock)} AT TIME ZONE {_zone(source)}"
    due = "d + make_interval(hours => h, mins => m)"
    return (
        f"(SELECT {_conditions(tick, tests)}\n"
        f"   FROM (SELECT max({due}) AS tick\n"
        f"           FROM {_started(clock)},\n"
        f"                {_days(wait, 'started')},\n"
        f"                {_values(expression.hours, 'h')},\n"
        f"                {_values(expression.minutes, 'm')}"
        f"{_where([*_dates(expression), f'{due} <= started'], 10)}) AS latest)"
    )


def _of_the_date(expression: Fields, clock: Clock, tests: Tests, wait: int) -> str:
    """Where only the tick's date is tested: the latest of its dates whose first time of day has come."""
    first = f"{min(expression.hours):02}:{min(expression.minutes):02}"
    until = "started" if first == "00:00" else f"started - interval '{first}'"
    return (
        f"(SELECT {_conditions('max(d)', tests)}\n"
        f"   FROM {_started(clock)},\n"
        f"        {_days(wait, until)}"
        f"{_where(_dates(expression), 2)})"
    )


def _on_a_changing_clock(expression: Fields, clock: Clock, tests: Tests, source: Clock, wait: int) -> str:
    """As above where the cron clock itself changes: each wall time is tried with every offset it has, and
    counts where the zone really shows it then (a skipped time never, a repeated one twice)."""
    offsets = ", ".join(f"interval '{_offset(o)}'" for o in sorted({o for _, o in clock.changes}))
    tick = f"tick AT TIME ZONE 'UTC' AT TIME ZONE {_zone(source)}"
    due, tomorrow = "d + make_interval(hours => h, mins => m)", "started + interval '1 day'"
    conditions = [
        *_dates(expression),
        f"{due} - o <= started",
        f"({due} - o) AT TIME ZONE 'UTC' AT TIME ZONE {_zone(clock)} = {due}",
    ]
    return (
        f"(SELECT {_conditions(tick, tests)}\n"
        f"   FROM (SELECT max({due} - o) AS tick\n"
        f"           FROM {_started(UTC_CLOCK)},\n"
        f"                {_days(2 * wait + 1, tomorrow)},\n"
        f"                {_values(expression.hours, 'h')},\n"
        f"                {_values(expression.minutes, 'm')},\n"
        f"                unnest(ARRAY[{offsets}]) AS o"
        f"{_where(conditions, 10)}) AS latest)"
    )


def _started(clock: Clock) -> str:
    return f"(SELECT {NOW} AT TIME ZONE {_zone(clock)}) AS statement (started)"


def _days(back: int, until: str) -> str:
    first = f"date_trunc('day', started) - interval '{back} days'"
    return f"generate_series({first}, {until}, interval '1 day') AS d"


def _zone(clock: Clock) -> str:
    if clock.fixed and clock.changes[0][1] == 0:
        return "'UTC'"
    return "'" + clock.name.replace("'", "''") + "'"


def _offset(minutes: int) -> str:
    sign = "-" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _dates(expression: Fields) -> list[str]:
    """The expression's own rule for a date ``d``."""
    months, days, weekdays = (
        [] if full(place, values) else [_condition("d", place, values)]
        for place, values in ((p, sets(expression)[p]) for p in (MONTH, DAY, WEEKDAY))
    )
    if expression.rule == "or":
        return [*months, f"({days[0]} OR {weekdays[0]})"] if days and weekdays else months
    return [*months, *days, *weekdays]


def _conditions(what: str, tests: Tests) -> str:
    return " AND ".join(_condition(what, place, tests[place]) for place in sorted(tests))


def _condition(what: str, place: int, values: frozenset[int]) -> str:
    ordered = sorted(values)
    part = f"extract({_NAMES[place]} FROM {what})"
    if len(ordered) == 1:
        return f"{part} = {ordered[0]}"
    if len(ordered) == ordered[-1] - ordered[0] + 1:
        return f"{part} BETWEEN {ordered[0]} AND {ordered[-1]}"
    return f"{part} IN ({', '.join(map(str, ordered))})"


def _values(values: frozenset[int], name: str) -> str:
    ordered = sorted(values)
    if len(ordered) > 3 and len(ordered) == ordered[-1] - ordered[0] + 1:
        return f"generate_series({ordered[0]}, {ordered[-1]}) AS {name}"
    return f"unnest(ARRAY[{', '.join(map(str, ordered))}]) AS {name}"


def _where(conditions: list[str], indent: int) -> str:
    if not conditions:
        return ""
    pad = " " * indent
    return f"\n{pad}WHERE " + f"\n{pad}  AND ".join(conditions)
