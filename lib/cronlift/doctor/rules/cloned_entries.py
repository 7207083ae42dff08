"""Entries in a copy of pg_cron's database: ``CREATE DATABASE … TEMPLATE`` and restores copy ``cron.job`` too,
scheduling there succeeds, and the launcher reads one database only (``cron.database_name``)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.fixes import literal, quoted
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(world: World) -> Iterator[Flaw]:
    if world.clone:
        here, home = world.server["database"], world.server["cron_database"]
        for examined in world.examined:
            entry = examined.entry
            name = f"{literal(entry.jobname)}, " if entry.jobname else "'a name', "
            yield Flaw(
                "error",
                f"it never runs: this is the copy of cron.job in {here}, and the launcher reads the one in {home}",
                f"-- connected to {home}:\nSELECT cron.schedule_in_database({name}{literal(entry.schedule)}, "
                f"{quoted(entry.command)}, {literal(entry.database)});",
                entry,
            )
        return
    for database in world.clones:
        yield Flaw(
            "advice",
            f"the database {database} carries a copy of pg_cron: what is scheduled there never runs",
            f"-- connected to {database}:\nDROP EXTENSION pg_cron;",
        )


RULE = Rule("Entries in a copy of pg_cron's database", server=_check)
