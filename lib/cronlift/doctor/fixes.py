"""Fixes, ready to paste."""

from __future__ import annotations

import re

from cronlift.doctor.entry import Entry


def quoted(text: str) -> str:
    """A dollar-quoted string, with a tag that does not occur in it."""
    tag = "$$"
    number = 0
    while tag in text or (text.endswith("$") and tag == "$$"):
        number += 1
        tag = f"$job{number}$"
    return f"{tag}{text}{tag}"


def literal(text: str) -> str:
    """A plain SQL string."""
    return "'" + text.replace("'", "''") + "'"


def alter(entry: Entry, **changes: str) -> str:
    """The call that changes an entry (``command``, ``schedule``, ``database``, ``username``); in a migration, the call
    to write instead."""
    if not entry.scheduled:
        return changes.get("command", entry.command).rstrip("; \n") + ";"
    if entry.jobid is not None:
        values = ", ".join(f"{k} := {quoted(v) if k == 'command' else literal(v)}" for k, v in changes.items())
        return f"SELECT cron.alter_job({entry.jobid}, {values});"
    return schedule(entry, **changes)


def schedule(entry: Entry, **changes: str) -> str:
    """The call that makes the entry anew (under its name: replaces it)."""
    name = changes.get("jobname", entry.jobname or "")
    words = [literal(name)] if name else []
    words += [literal(changes.get("schedule", entry.schedule)), quoted(changes.get("command", entry.command))]
    return f"SELECT cron.schedule({', '.join(words)});"


def unschedule(entry: Entry) -> str:
    """The call that takes the entry out."""
    if not entry.scheduled:
        return "-- take it out of the migration"
    if entry.jobid is not None:
        return f"SELECT cron.unschedule({entry.jobid});"
    return f"SELECT cron.unschedule({literal(entry.jobname or '')});" if entry.jobname else "-- take the call out"


def renamed(command: str, old: str, new: str) -> str | None:
    """The command with one name for another, outside of longer names; None where the old one does not stand in it."""
    changed, times = re.subn(rf'(?<![\w.$"]){re.escape(old)}(?![\w$"])', lambda _: new, command)
    return changed if times else None


def identifier(name: str) -> str:
    """A name quoted where it has to be (as quote_ident does, keywords aside)."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else '"' + name.replace('"', '""') + '"'
