"""The schedule fires at another rate, or on other weekdays, than the entry's name or comment says."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor import guards
from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule import claims, explain, rate
from cronlift.schedule.dialects.protocol import Fields, Interval
from cronlift.sql import tree

_TYPICAL = {
    "minutely": "* * * * *", "hourly": "0 * * * *", "daily": "0 3 * * *", "nightly": "0 3 * * *", "weekly": "0 3 * * 0",
    "monthly": "0 3 1 * *", "quarterly": "0 3 1 1,4,7,10 *", "yearly": "0 3 1 1 *", "annually": "0 3 1 1 *",
}  # fmt: skip


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    parsed = world.parsed(entry.schedule)[-1]
    fired = rate.rhythm(parsed) if isinstance(parsed, Fields | Interval) else None
    if fired is None or not isinstance(parsed, Fields | Interval):
        return
    runs = fired.runs
    if isinstance(parsed, Interval):
        meaning = f"runs every {parsed.seconds} seconds"
    else:
        meaning = explain.describe(parsed, world.timezone)
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
            if isinstance(parsed, Fields) and not claims.days_fit(claim, fired):
                if guards.guarded(examined):
                    return
                yield Flaw("warning", f"{says}, and it {meaning}", _fix(examined, claim.words, parsed))
                return
            if claims.rate_fits(claim, fired) or (runs > claim.most and guards.guarded(examined)):
                continue
            touched = (a.name for u in examined.units for a in tree.accesses(u))
            if is_name and runs > claim.most and claims.about_data(name, claim.words, touched):
                continue
            fix = _fix(examined, claim.words, parsed)
            yield Flaw("warning", f"{says}, and it {meaning} ({rate.words(runs)})", fix)
            return


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
