"""Day of month and weekday both given: pg_cron joins them by OR unless one of the two *begins* with ``*``
(``ShouldRunTask`` in pg_cron.c), where Oban, Quantum, Celery and most readers mean AND."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cronlift.doctor import guards
from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule import rate, render
from cronlift.schedule.dialects.protocol import Fields


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    parsed = world.parsed(entry.schedule)[-1]
    if not isinstance(parsed, Fields) or parsed.rule != "or" or not parsed.days or not parsed.weekdays:
        return
    if render.full(render.DAY, parsed.days) or render.full(render.WEEKDAY, parsed.weekdays):
        open_field = "day of month" if render.full(render.DAY, parsed.days) else "weekday"
        if not (render.full(render.DAY, parsed.days) and render.full(render.WEEKDAY, parsed.weekdays)):
            yield Flaw(
                "warning",
                f"it runs every day: the {open_field} field covers everything without being *, and pg_cron joins "
                f"day of month and weekday by OR ({entry.schedule!r})",
                alter(entry, schedule=_starred(parsed)),
            )
        return
    if guards.guarded(examined):
        return
    either = rate.days_fired(parsed) / 4
    both = rate.days_fired(replace(parsed, rule="and")) / 4
    yield Flaw(
        "warning",
        f"it runs on about {either:.0f} days a year, on every one of these days of the month and on every one of these "
        f"weekdays; where both must hold (about {both:.0f} days a year) the text must say so ({entry.schedule!r})",
        _joined(parsed, examined),
    )


def _starred(fields: Fields) -> str:
    texts = list(fields.texts)
    texts[2 if render.full(render.DAY, fields.days) else 4] = "*"
    return " ".join(texts)


def _joined(fields: Fields, examined: Examined) -> str:
    """The text that means AND: a leading star brings it about, and ``*/7`` is Sunday, ``*/31`` the first."""
    minute, hour, day, month, weekday = fields.texts
    note = "-- if both must hold (AND):\n"
    if 0 in fields.weekdays:
        rest = sorted(fields.weekdays - {0})
        return note + alter(
            examined.entry, schedule=f"{minute} {hour} {day} {month} {','.join(['*/7', *map(str, rest)])}"
        )
    if 1 in fields.days:
        rest = sorted(fields.days - {1})
        text = render.field(render.DAY, frozenset(rest)) if rest else ""
        return note + alter(
            examined.entry, schedule=f"{minute} {hour} {','.join(filter(None, ['*/31', text]))} {month} {weekday}"
        )
    guard = f"extract(isodow FROM now()) = ANY ('{{{','.join(str(d or 7) for d in sorted(fields.weekdays))}}}')"
    return (
        f"-- no text of pg_cron's means both; keep the days of the month, and begin the job with a guard ({guard}):\n"
        + alter(examined.entry, schedule=f"{minute} {hour} {day} {month} *")
    )


RULE = Rule("Day of month OR weekday, where AND was meant", entry=_check)
