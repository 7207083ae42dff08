"""What cronlift says when it cannot go on, and the exit code that goes with it.

Every message answers three questions: what happened, where, and what to do. Exit codes are the
command line's contract: 0 fine, 1 a finding, 2 wrong use or bad input, 3 the environment,
4 pending, 5 a bug of ours, 130 interrupted (141: whoever read our output went away).
"""

from __future__ import annotations


class CronliftError(Exception):
    """Something stopped the work; ``what`` happened, ``where``, and what ``do`` about it."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        self.what, self.where, self.do = what, where, do
        super().__init__(what)

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.do:
            lines.append(f"  do:    {self.do}")
        return "\n".join(lines)


class UsageError(CronliftError):
    """Wrong use or bad input: the user's to mend."""

    exit_code = 2


class SafetyError(UsageError):
    """Refused because going on could harm data or objects that are not cronlift's."""


class ServerError(CronliftError):
    """The environment is not as needed: no server, no pg_cron, no permission."""

    exit_code = 3


class Finding(CronliftError):
    """A check came out red."""

    exit_code = 1


class Pending(CronliftError):
    """Nothing is wrong, but something must still happen; the message says what and when."""

    exit_code = 4
