"""The command does not parse (PostgreSQL's own grammar, through libpg_query)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    if not examined.error:
        return
    entry = examined.entry
    at = f" at character {examined.error_at}" if examined.error_at else ""
    message = f"it fails at every run: {examined.error}{at}"
    fix = f"-- correct the command and put it in:\n{alter(entry, command=entry.command.strip())}"
    if entry.command.lstrip().startswith("\\"):
        message += "; backslash commands are psql's, the server does not know them"
    elif "unterminated" in examined.error:
        message += "; a quote is opened and not closed"
    elif re.match(r"\s*(curl|bash|sh|psql|pg_dump|python\d?|/[\w/.-]+)\s", entry.command):
        message += "; pg_cron runs SQL, not shell commands"
    elif re.match(r"\s*EXEC(UTE)?\s+(PROCEDURE\s+)?[\w.]+\s*\(", entry.command, re.I):
        called = re.sub(r"^\s*EXEC(UTE)?\s+(PROCEDURE\s+)?", "CALL ", entry.command, count=1, flags=re.I)
        message, fix = message + "; a procedure is run with CALL", alter(entry, command=called)
    yield Flaw("error", message, fix)


RULE = Rule("The command does not parse", entry=_check)
