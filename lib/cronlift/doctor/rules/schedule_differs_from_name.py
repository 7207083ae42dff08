"""The schedule fires at another rate, or on other weekdays, than the entry's name or comment says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cronlift.doctor import guards
from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule import claims, explain, rate, render
from cronlift.schedule.dialects.protocol import Fields, Interval
from cronlift.sql import tree

_YEARS_OF_SECONDS = 1461 * 86400
_MAKES = re.compile(r"refresh|roll-?up|aggregat|recalc|recompute|rebuild|update|sync|partition|materializ", re.I)
_TYPICAL = {
    "minutely": "* * * * *", "hourly": "0 * * * *", "daily": "0 3 * * *", "nightly": "0 3 * * *", "weekly": "0 3 * * 0",
    "monthly": "0 3 1 * *", "quarterly": "0 3 1 1,4,7,10 *", "yearly": "0 3 1 1 *", "annually": "0 3 1 1 *",
}  # fmt: skip


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    parsed = world.parsed(entry.schedule)[-1]
    if isinstance(parsed, Interval):
        runs, meaning = _YEARS_OF_SECONDS / parsed.seconds, f"runs every {parsed.seconds} seconds"
        gap = parsed.seconds
    elif isinstance(parsed, Fields) and not rate.firings(parsed).never:
        runs = rate.days_fired(parsed) * rate.runs_a_day(parsed)
        meaning, gap = explain.describe(parsed, world.timezone), rate.gap_seconds(parsed)
    else:
        return
    name, remarks = entry.jobname or "", entry.remarks
    if runs < 10 and (claims.once(name) or claims.once(remarks)):
        yield Flaw(
            "error",
            f"it is said to run once, and {meaning}: it waits for that date and comes back every year",
            _once(examined),
        )
        return
    for text, is_name in ((name, True), (remarks, False)):
        for claim in claims.claims(text, name=is_name):
            says = f"its {'name' if is_name else 'comment'} says {claim.words!r}"
            if isinstance(parsed, Fields) and claim.weekdays and not _days_fit(parsed, claim.weekdays):
                if guards.guarded(examined):
                    return
                yield Flaw("warning", f"{says}, and it {meaning}", _fix(examined, claim.words, parsed))
                return
            if claim.least <= runs <= claim.most and (claim.gap is None or claim.gap / 1.6 <= gap <= claim.gap * 1.6):
                continue
            if runs > claim.most and guards.guarded(examined):
                continue
            if is_name and runs > claim.most and _word_is_about_data(examined, claim.words):
                continue
            yield Flaw("warning", f"{says}, and it {meaning} ({_rate(runs)})", _fix(examined, claim.words, parsed))
            return


def _days_fit(fields: Fields, claimed: frozenset[int]) -> bool:
    """Whether it fires on the claimed weekday only, or the days of the month narrow it (the job may have a guard)."""
    narrowed = not render.full(render.DAY, fields.days)
    return fields.weekdays == claimed or (narrowed and claimed <= fields.weekdays)


def _word_is_about_data(examined: Examined, word: str) -> bool:
    """``daily_totals`` refreshed every hour: the word tells what is made, not when."""
    entry = examined.entry
    if _MAKES.search(entry.jobname or ""):
        return True
    touched = {a.name.lower() for u in examined.units for a in tree.accesses(u)}
    return any(word.lower() in name for name in touched)


def _rate(runs: float) -> str:
    a_year = runs / 4
    for least, per, word in (
        (300_000, 525_960, "a minute"),
        (8_000, 8766, "an hour"),
        (300, 365.25, "a day"),
        (40, 52.2, "a week"),
        (11, 12, "a month"),
    ):
        if a_year >= least:
            times = f"{a_year / per:.2g}"
            return f"once {word}" if times == "1" else f"about {times} times {word}"
    return f"about {a_year:.3g} times a year"


def _fix(examined: Examined, word: str, parsed: Fields | Interval) -> str:
    entry = examined.entry
    typical = _TYPICAL.get(word.lower(), "…")
    if word.lower() == "monthly" and isinstance(parsed, Fields) and parsed.weekdays == frozenset({0}):
        minute, hour, _, month, _ = parsed.texts
        return f"-- the first Sunday of a month:\n{alter(entry, schedule=f'{minute} {hour} 1-7 {month} */7')}"
    return f"-- give it the schedule that is meant, or another name:\n{alter(entry, schedule=typical)}"


def _once(examined: Examined) -> str:
    entry = examined.entry
    take_out = f"SELECT cron.unschedule({entry.jobid});" if entry.jobid is not None else "-- no entry at all"
    return f"-- run it now, once, and take the entry out:\n{entry.command.strip().rstrip(';')};\n{take_out}"


RULE = Rule("A schedule that differs from the entry's name or comment", entry=_check)
