"""The same job more than once. ``cron.schedule`` without a name makes a new entry each time it is called, with a name
it replaces: a migration or deploy script without names adds one at every run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from cronlift.doctor.entry import Entry
from cronlift.doctor.fixes import schedule, unschedule
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(world: World) -> Iterator[Flaw]:
    same: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for examined in world.examined:
        entry = examined.entry
        if entry.active and entry.scheduled and not world.clone:
            command = " ".join(entry.command.split()).rstrip("; ").lower()
            same[command, " ".join(entry.schedule.split()), entry.database, entry.username].append(entry)
    unnamed = 0
    for entries in same.values():
        if len(entries) == 1:
            unnamed += not entries[0].jobname and entries[0].jobid is not None
            continue
        ids = ", ".join(str(e.jobid) if e.jobid is not None else e.called for e in entries)
        for entry in entries if not entries[0].jobname else entries[1:]:
            how = "an entry without a name is added anew each time it is scheduled"
            if entry.jobname:
                how = f"also as {entries[0].called}"
            text = f"the same command runs {len(entries)} times at each tick (entries {ids}): {how}"
            fix = unschedule(entry) if entry is not entries[0] else unschedule(entries[1])
            if not entries[0].jobname:
                named = schedule(entries[0], jobname="a-name")
                fix += f"\n-- and give the one that stays a name:\n{unschedule(entries[0])}\n{named}"
            yield Flaw("warning", text, fix, entry)
    if unnamed:
        have = "entry has" if unnamed == 1 else "entries have"
        text = f"{unnamed} {have} no name: scheduling such an entry again (the next deploy) adds a second one"
        yield Flaw("advice", text, "-- schedule it under a name: SELECT cron.schedule('name', schedule, command);")


RULE = Rule("The same job more than once", server=_check)
