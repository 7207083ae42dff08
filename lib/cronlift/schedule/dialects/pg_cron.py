"""pg_cron as it really reads a schedule, character by character, by version.

Sources (files and lines of tag v1.6.7 unless another is named): ``src/entry.c`` (``parse_cron_entry``
79–295, ``get_list`` 298, ``get_range`` 345, ``get_number`` 449, ``set_range`` 528), ``src/misc.c``
(``get_char``, ``skip_comments``), ``include/bitstring.h`` (``bit_nset``), ``src/job_metadata.c``
(``ParseSchedule``, ``TryParseInterval``), ``src/pg_cron.c`` (``ShouldRunTask``). What differs between
versions:

- up to 1.4.2: no seconds; the clock is always GMT.
- 1.5.0: tries "N seconds" first and is content with the number alone, so that every schedule beginning with
  1–59 becomes "every N seconds".
- 1.5.1: seconds are tried after the five fields. ``cron.timezone`` (since 1.5.0).
- 1.6.0: ``$``, the last day of the month; a range from high to low sets bits byte by byte (before:
  nothing); ``@yearly`` and ``@annually`` lose their month and never fire.
- 1.6.0 and 1.6.1: all fields are read from tomorrow (``pg_localtime`` returns one shared struct).
- 1.6.5: a step greater than the field's maximum is refused.
- master (no release): ``cron.match_dom_and_dow`` joins day of month and weekday by AND.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cronlift.errors import UsageError
from cronlift.schedule.dialects import versions
from cronlift.schedule.dialects.protocol import BadExpression, Fields, Interval, Parsed, Reboot

NAME = "pg_cron"

MASTER: versions.Version = (1, 7, 0)
"""Stands for the unreleased source (commit 16618e6)."""
NEWEST: versions.Version = (1, 6, 7)
OLDEST: versions.Version = (1, 3)
_EOF = -1
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES: tuple[tuple[str, ...], ...] = ((), (), (), _MONTHS, _WEEKDAYS)
_BLANKS = (ord(" "), ord("\t"))
_ENDS = (*_BLANKS, ord("\n"), 0, _EOF)
_NICKNAMES = {
    "yearly": "0 0 1 1 *",
    "annually": "0 0 1 1 *",
    "monthly": "0 0 1 * *",
    "weekly": "0 0 * * 0",
    "daily": "0 0 * * *",
    "midnight": "0 0 * * *",
    "hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True)
class PgCron:
    """The dialect of one version. ``match_dom_and_dow``: the setting of that name, in master only."""

    version: versions.Version
    match_dom_and_dow: bool = False

    @property
    def title(self) -> str:
        return f"pg_cron {'master' if self.version >= MASTER else '.'.join(map(str, self.version))}"

    def parse(self, expression: str) -> Parsed:
        """What pg_cron makes of the text. Raises BadExpression where ``cron.schedule`` would refuse it."""
        if (1, 5) <= self.version < (1, 5, 1) and (seconds := _interval_of_1_5_0(expression)):
            return Interval(seconds)
        found = _Reader(expression, self).read()
        if found is not None:
            return found
        if self.version >= (1, 5, 1) and (seconds := _interval(expression)):
            return Interval(seconds)
        raise BadExpression(expression, self.title, f"invalid schedule: {expression}")


class _Unread(Exception):
    """entry.c returns EOF."""


class _Reader:
    """``parse_cron_entry``; ``char`` is C's ``ch``. A NUL is read at the end of the text, then EOF."""

    def __init__(self, expression: str, dialect: PgCron) -> None:
        self.data = expression.encode("utf-8", "surrogatepass").partition(b"\0")[0]
        self.dialect = dialect
        self.at = 0
        self.char = 0

    def next(self) -> None:
        if self.at < len(self.data):
            self.char = self.data[self.at]
        else:
            self.char = 0 if self.at == len(self.data) else _EOF
        self.at += 1

    def read(self) -> Fields | Reboot | None:
        if len(self.data) >= 1000:
            return None
        self.skip_comments()
        if self.char == _EOF:
            return None
        if self.char == ord("@"):
            return self.nickname()
        try:
            return self.fields()
        except _Unread:
            return None

    def skip_comments(self) -> None:
        while True:
            self.next()
            while self.char in _BLANKS:
                self.next()
            if self.char not in (ord("\n"), ord("#")):
                return
            while self.char not in (ord("\n"), _EOF):
                self.next()
            if self.char == _EOF:
                return

    def nickname(self) -> Fields | Reboot | None:
        name = re.match(rb"[^ \t\n]*", self.data[self.at :])
        assert name is not None
        text = name[0].decode("latin-1")
        if text in ("reboot", "restart"):
            return Reboot()
        if text not in _NICKNAMES:
            return None
        found = _Reader(_NICKNAMES[text], self.dialect).fields_from_start()
        if text in ("yearly", "annually") and self.dialect.version >= (1, 6):
            # entry.c:153: set_element(e->month, 1, 12, FIRST_MINUTE) is refused, and nobody looks
            found = Fields(found.minutes, found.hours, found.days, frozenset(), found.weekdays)
        return found

    def fields_from_start(self) -> Fields:
        self.skip_comments()
        return self.fields()

    def fields(self) -> Fields:
        values: list[frozenset[int]] = []
        star = last_day = False
        texts: list[str] = []
        for place, (low, high) in enumerate(_BOUNDS):
            start = self.at - 1
            if place in (2, 4):
                star = star or self.char == ord("*")
            if place == 2 and self.char == ord("$") and self.dialect.version >= (1, 6):
                last_day = True
                self.next()
                if self.char not in _BLANKS:
                    raise _Unread
                self.skip_blanks()
                values.append(frozenset())
            else:
                values.append(self.list(low, high, _NAMES[place]))
            texts.append(self.data[start : self.at - 1].decode("utf-8", "replace").strip(" \t"))
        minutes, hours, days, months, weekdays = values
        version = self.dialect.version
        return Fields(
            minutes, hours, days, months,
            frozenset(day % 7 for day in weekdays),
            rule="and" if star or (self.dialect.match_dom_and_dow and version >= MASTER) else "or",
            last_day=last_day,
            day_ahead=(1, 6) <= version < (1, 6, 2),
            texts=tuple(texts),
        )  # fmt: skip

    def list(self, low: int, high: int, names: tuple[str, ...]) -> frozenset[int]:
        values: set[int] = set()
        while True:
            self.range(values, low, high, names)
            if self.char != ord(","):
                break
            self.next()
        while self.char not in _ENDS:  # whatever follows a value is skipped without a word
            self.next()
        self.skip_blanks()
        if self.char == _EOF:
            raise _Unread
        return frozenset(values)

    def skip_blanks(self) -> None:
        while self.char in _BLANKS:
            self.next()

    def range(self, values: set[int], low: int, high: int, names: tuple[str, ...]) -> None:
        if self.char == ord("*"):
            first, last = low, high
            self.next()
        else:
            first = self.number(low, names)
            if self.char != ord("-"):
                if self.char == ord("/") or not low <= first <= high:
                    raise _Unread
                values.add(first)
                return
            self.next()
            last = self.number(low, names)
        step, bounded = 1, self.dialect.version >= (1, 6, 5)
        if self.char == ord("/"):
            self.next()
            step = self.number(0, ())
            if step <= 0:
                raise _Unread
        if not (low <= first <= high and low <= last <= high) or (bounded and step > high):
            raise _Unread
        if first > last and step == 1 and self.dialect.version >= (1, 6):
            values.update(_bits_set_backwards(first - low, last - low, low, high))
        else:
            values.update(range(first, last + 1, step))

    def number(self, low: int, names: tuple[str, ...]) -> int:
        start = self.at - 1
        while 0 <= self.char < 128 and chr(self.char).isalnum():
            self.next()
        text = self.data[start : self.at - 1].decode("ascii") if self.at - 1 > start else ""
        if not text or len(text) >= 1000:
            raise _Unread
        if text.lower() in names:
            return names.index(text.lower()) + low
        if not text.isdigit():
            raise _Unread
        return _atoi(text)


def _atoi(text: str) -> int:
    """glibc's ``(int) strtol(text)``: too many digits wrap round, they are not refused."""
    value = min(_number(text), (1 << 63) - 1) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def _bits_set_backwards(first: int, last: int, low: int, high: int) -> set[int]:
    """``bit_nset`` with start > stop: the rest of the start's byte and the head of the stop's byte, or
    nothing."""
    if first // 8 == last // 8:
        return set()
    bits = {*range(first, first // 8 * 8 + 8), *range(last // 8 * 8, last + 1)}
    return {bit + low for bit in bits if bit + low <= high}


def _interval(expression: str) -> int | None:
    """``sscanf(lower, " %u secon%c%c %c")`` of 1.5.1 and later; the seconds, or None."""
    match = re.fullmatch(r"[ \t\n\v\f\r]*\+?(\d+)[ \t\n\v\f\r]*second(s[ \t\n\v\f\r]*)?", expression, re.I | re.A)
    return _seconds(match[1]) if match else None


def _interval_of_1_5_0(expression: str) -> int | None:
    """``sscanf(lower, " %u second%c %c")`` of 1.5.0, which is content when only the number was found."""
    match = re.match(
        r"[ \t\n\v\f\r]*\+?(\d+)[ \t\n\v\f\r]*(second(.)[ \t\n\v\f\r]*(.?))?", expression, re.I | re.A | re.S
    )
    if match is None or (match[2] and (match[3] not in "sS" or match[4])):
        return None
    return _seconds(match[1])


def _seconds(digits: str) -> int | None:
    value = min(_number(digits), (1 << 64) - 1) & 0xFFFFFFFF
    return value if 0 < value < 60 else None


def _number(digits: str) -> int:
    """The number, or one that is as far out of range: Python does not read thousands of digits."""
    return int(digits.lstrip("0")[:30] or "0")


def family(version: str, *, match_dom_and_dow: bool = False) -> tuple[PgCron, ...]:
    """The dialects a version number stands for; a schedule must be right in all of them.

    A server tells only ``1.6`` (``pg_extension.extversion``), which may be any 1.6.x: the ones before and
    after 1.6.5 are both meant then, but not 1.6.0 and 1.6.1 (and with ``1.5`` not 1.5.0), which must be
    named. Raises UsageError for versions whose source nobody has read yet.
    """
    if version in ("master", "master+match_dom_and_dow"):
        return (PgCron(MASTER, match_dom_and_dow or version != "master"),)
    number = versions.parse(version, "pg_cron")
    if number < OLDEST or number > NEWEST:
        raise UsageError(
            f"cronlift does not know how pg_cron {version} reads schedules",
            do="it knows 1.3 to 1.6.7, and the unreleased source as 'master'",
        )
    if number == (1, 6):
        return PgCron((1, 6, 2)), PgCron((1, 6, 5))
    if number == (1, 5):
        return (PgCron((1, 5, 1)),)
    return (PgCron(number),)


def dialect(version: str | None) -> PgCron:
    """pg_cron of a version (None: the newest release); of several possible ones the newest."""
    return family(version or ".".join(map(str, NEWEST)))[-1]
