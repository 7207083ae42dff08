"""A schedule that no instant fits: 30 February, a range that runs backwards (contributes nothing before 1.6)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule import rate
from cronlift.schedule.dialects.protocol import Fields


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    if entry.schedule.strip().lower() in ("@yearly", "@annually"):
        return  # yearly_never_fires
    parsed = [p for p in world.parsed(entry.schedule) if p is not None]
    if not parsed or not all(isinstance(p, Fields) and rate.firings(p).never for p in parsed):
        return
    fields = parsed[-1]
    assert isinstance(fields, Fields)
    sets = (fields.minutes, fields.hours, fields.days, fields.months, fields.weekdays)
    empty = [text for text, values in zip(fields.texts, sets, strict=True) if not values and text != "$"]
    why = (
        f"pg_cron reads no value in {empty[0]!r} (a range must run upwards)"
        if empty
        else "no date fits its day and month"
    )
    forwards = _forwards(fields) if empty else "…"
    yield Flaw("error", f"it never runs: {why}; schedule {entry.schedule!r}", alter(entry, schedule=forwards))


def _forwards(fields: Fields) -> str:
    """Ranges that run backwards, as the two ranges that were meant."""
    names = {n: str(i) for i, n in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
    bounds = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
    written = []
    for text, (low, high) in zip(fields.texts, bounds, strict=True):
        parts = text.lower().split("-")
        numbers = [names.get(p, p) for p in parts]
        if len(numbers) == 2 and all(n.isdigit() for n in numbers) and int(numbers[0]) > int(numbers[1]):
            first, last = map(int, numbers)
            head = f"{low}-{last}" if last > low else str(low)
            written.append(f"{first}-{high},{head}" if first < high else f"{first},{head}")
        else:
            written.append(text)
    return " ".join(written)


RULE = Rule("A schedule that never fires", entry=_check)
