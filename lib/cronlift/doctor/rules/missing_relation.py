"""A table, view, index, sequence or schema that the job's role does not find (SQLSTATE 42P01, 3F000)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor import names
from cronlift.doctor.entry import Examined
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World

# Schemas that well-known extensions bring along.
_EXTENSIONS = {
    "net": "pg_net", "partman": "pg_partman", "cron": "pg_cron", "timescaledb_information": "timescaledb",
    "pglogical": "pglogical", "pgagent": "pgagent", "topology": "postgis_topology", "pgmq": "pgmq",
}  # fmt: skip


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for problem in names.complaints(examined, {"42P01", "3F000"}):
        name = names.quoted_name(problem.message)
        if problem.state == "3F000" and name in _EXTENSIONS:
            extension = _EXTENSIONS[name]
            where = f"; the schema comes with the extension {extension}, which {examined.entry.database} does not have"
            yield Flaw(names.weight(problem), names.sentence(problem) + where, f"CREATE EXTENSION {extension};")
            continue
        said, fix = names.meant(name, examined, world)
        yield Flaw(names.weight(problem), f"{names.sentence(problem)}{said}", fix)


RULE = Rule("A table, view or other relation does not exist", entry=_check)
