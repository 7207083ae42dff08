"""What names and comments claim about how often a job runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cronlift.schedule.rate import DAYS, Rhythm

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a text claims: between ``least`` and ``most`` runs in 2025–2028, on these ``weekdays``, or ``gap``
    seconds from one run to the next (then the counts say nothing)."""

    words: str
    least: float
    most: float
    weekdays: frozenset[int] | None = None
    gap: float | None = None


# Counts in 2025–2028, with room for "on working days" and "on both halves of a day".
_WORDS: dict[str, tuple[float, float]] = {
    "minutely": (500_000, 2_200_000),
    "hourly": (8_000, 40_000),
    "daily": (700, 2_999),
    "nightly": (700, 2_999),
    "weekly": (100, 420),
    "biweekly": (90, 420),
    "fortnightly": (90, 210),
    "monthly": (40, 100),
    "quarterly": (12, 20),
    "yearly": (1, 8),
    "annually": (1, 8),
    "annual": (1, 8),
}
_UNITS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86400, "week": 604800}
_EVERY = re.compile(
    r"\bevery[ _-]?(\d+)[ _-]?(second|sec|minute|min|hour|hr|day|week)s?\b"
    r"|\bevery[ _-](second|minute|hour|day|week|month|"
    r"night|year|quarter)\b(?![ -](?:of an?[ -])?hour)", re.I,
)  # fmt: skip
_MAKES = re.compile(r"refresh|roll-?up|aggregat|recalc|recompute|rebuild|update|sync|partition|materializ", re.I)
_ONCE = re.compile(r"(?:^|[-_ ./])(once|one[-_ ]?time|one[-_ ]?off|one[-_ ]?shot|run[-_ ]?once)(?:$|[-_ ./])", re.I)
_ONCE_A = re.compile(r"once[-_ ]+(a|an|per|every|each|in|daily|weekly|monthly)\b", re.I)
_SINGULAR = {"minute": "minutely", "hour": "hourly", "day": "daily", "night": "nightly", "week": "weekly",
             "month": "monthly", "quarter": "quarterly", "year": "yearly"}  # fmt: skip


def days_fit(claim: Claim, fired: Rhythm) -> bool:
    """Whether it fires on the claimed weekday only, or days of the month narrow it (the job may have a guard)."""
    if claim.weekdays is None:
        return True
    return fired.weekdays == claim.weekdays or (fired.narrowed and claim.weekdays <= fired.weekdays)


def rate_fits(claim: Claim, fired: Rhythm) -> bool:
    """Whether it fires about as often as claimed."""
    gap_fits = claim.gap is None or claim.gap / 1.6 <= fired.gap <= claim.gap * 1.6
    return claim.least <= fired.runs <= claim.most and gap_fits


def about_data(name: str, word: str, relations: Iterable[str]) -> bool:
    """``daily_totals`` refreshed every hour: the word in the name tells what is made, not when."""
    return bool(_MAKES.search(name)) or any(word.lower() in relation.lower() for relation in relations)


def once(text: str) -> bool:
    """Whether a name or comment says that it runs one time (and not ``once a day``)."""
    return bool(_ONCE.search(text)) and not _ONCE_A.search(text)


def claims(text: str, *, name: bool) -> Iterator[Claim]:
    """What a name (``name``) or a comment claims. In a name a frequency counts where it begins or ends it:
    ``refresh_daily_totals`` says what is refreshed, not how often. In a comment, where the sentence begins with it or
    says ``runs …``."""
    for match in _EVERY.finditer(text):
        number, unit, single = match.groups()
        if single:
            if single.lower() in _SINGULAR:
                yield Claim(match[0], *_WORDS[_SINGULAR[single.lower()]])
            continue
        gap = int(number) * _UNITS[unit.lower()]
        if 0 < gap < 86400:
            yield Claim(match[0], 0, float("inf"), gap=gap)
        elif gap:
            yield Claim(match[0], DAYS * 43200 / gap, DAYS * 172800 / gap)
    words = [w.lower() for w in re.split(r"[-_\s./:]+", text.strip()) if w]
    if not words:
        return
    if name:
        places = {words[0], words[-1]}
        spoken = [w for w in _WORDS if w in places]
    else:
        spoken = [w for w in _WORDS if re.search(rf"(?:^|\n|\()\W*{w}\b|\bruns?\s+{w}\b", text, re.I)]
        spoken += [
            _SINGULAR[m[1].lower()] for m in re.finditer(r"\bonce (?:a|an|per|every|each) (\w+)", text, re.I)
            if m[1].lower() in _SINGULAR
        ]  # fmt: skip
    for word in spoken:
        yield Claim(word, *_WORDS[word])
    yield from _weekday_claims(text, words if name else [w.strip(",.;()") for w in words], name=name)


def _weekday_claims(text: str, words: list[str], *, name: bool) -> Iterator[Claim]:
    named = [d for d in _WEEKDAYS if d in words or d + "s" in words]
    if len(named) != 1 or re.search(r"black[-_ ]friday|monday[-_ .]com", text, re.I):
        return
    day, weekdays = named[0], frozenset({_WEEKDAYS.index(named[0])})
    first = re.search(rf"\bfirst[-_ ]{day}\b", text, re.I)
    if first:
        yield Claim(first[0], 40, 60, weekdays)
    elif name or re.search(rf"\b(every|on) {day}s?\b", text, re.I):
        yield Claim(day, 1, float("inf"), weekdays)
