"""A type (or collation, or other object of the catalogs) that does not exist (SQLSTATE 42704)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor import names
from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import unschedule
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for problem in names.complaints(examined, {"42704"}):
        where = f" in {examined.entry.database}" if examined.entry.database else ""
        fix = f"-- create it{where}, or take the entry out:\n{unschedule(examined.entry)}"
        yield Flaw(names.weight(problem), names.sentence(problem), fix)


RULE = Rule("A type does not exist", entry=_check)
