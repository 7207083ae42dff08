"""Text in a schedule that pg_cron skips without a word: a sixth field, or what follows a value (``MON#1``, ``29.5``).

``get_list`` in src/entry.c skips to the next blank after a value, and nothing looks past the fifth field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.schedule import explain
from cronlift.schedule.dialects.protocol import Fields

_ITEM = re.compile(r"(\*|[A-Za-z]+|\d+)(-([A-Za-z]+|\d+))?(/\d+)?\Z")


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    parsed = world.parsed(entry.schedule)[-1]
    if not isinstance(parsed, Fields) or entry.schedule.lstrip().startswith("@"):
        return
    words = entry.schedule.split()
    ignored = [_ignored(field) for field in words[:5]]
    rest = " ".join(words[5:])
    if rest and not rest.startswith(("#", "--")):
        meaning = explain.describe(parsed, world.timezone)
        seconds_first = len(words) == 6 and re.fullmatch(r"[\d*/,-]+", words[0])
        shifted = " ".join(words[1:6])
        fix = alter(entry, schedule=shifted if seconds_first and words[0] == "0" else " ".join(words[:5]))
        also = "; with seconds first (Quartz, Spring) it was meant otherwise" if seconds_first else ""
        yield Flaw("error", f"pg_cron ignores {rest!r} and reads {' '.join(words[:5])!r}: it {meaning}{also}", fix)
    elif any(ignored):
        kept = " ".join(w[: len(w) - len(i)] if i else w for w, i in zip(words[:5], ignored, strict=True))
        meaning = explain.describe(parsed, world.timezone)
        text = ", ".join(repr(i) for i in ignored if i)
        fix = _nth(words, ignored, examined) or alter(entry, schedule=kept)
        yield Flaw("error", f"pg_cron ignores {text} in the schedule {entry.schedule!r}: it {meaning}", fix)


def _ignored(field: str) -> str:
    """What is skipped of a field: everything after the first item that does not end at a comma or the field's end."""
    at = 0
    for item in field.split(","):
        if item != "$" and not _ITEM.match(item):
            value = re.match(r"(\*|[A-Za-z]+|\d+)(-([A-Za-z]+|\d+))?(/\d+)?", item)
            return field[at + (value.end() if value else 0) :]
        at += len(item) + 1
    return ""


def _nth(words: list[str], ignored: list[str], examined: Examined) -> str:
    """``0 5 * * 0#1`` is the first Sunday elsewhere; a text of pg_cron's that means it exists for Sundays."""
    match = re.fullmatch(r"(?:0|7|sun)#([1-4])", words[4], re.I)
    if not match or words[2] != "*":
        return ""
    first = 7 * int(match[1]) - 6
    return alter(examined.entry, schedule=f"{words[0]} {words[1]} {first}-{first + 6} {words[3]} */7")


RULE = Rule("Text in a schedule that pg_cron ignores", entry=_check)
