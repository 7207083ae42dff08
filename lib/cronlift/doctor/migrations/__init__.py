"""The same rules on migration files, before they run (``cronlift doctor --migrations DIR``). No database is used."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from cronlift.doctor.diagnose import applications, judge
from cronlift.doctor.entry import Entry, Examined
from cronlift.doctor.migrations.resolve import examine, examine_routine
from cronlift.doctor.migrations.schema import Schema
from cronlift.doctor.world import World
from cronlift.ecto.migration_texts import SqlText, located, read, with_blocks
from cronlift.model.diagnosis import Diagnosis
from cronlift.model.document import Location
from cronlift.sql import command
from cronlift.sql.unit import Unit


def diagnose_migrations(folder: Path, app: Path | None = None, env: str = "prod") -> Diagnosis:
    """Look at every entry that the migrations in a folder schedule, at the routines they create, and at texts that do
    not parse. Raises UsageError where there is no migration."""
    texts, notes = read(folder)
    schema = Schema(folder)
    broken: list[Examined] = []
    loose: list[Examined] = []
    for text in texts:
        parsed = command.parse(text.sql)
        if parsed.error:
            if text.whole and (text.file.endswith(".sql") or "cron" in text.sql or "terminated" in parsed.error):
                broken.append(_broken(text, parsed.error, parsed.error_at))
            else:
                notes.append(f"{text.file}:{text.line} was not read: {parsed.error}")
            continue
        comments = "\n".join([text.remarks, command.comments(text.sql)])
        for unit, line in located(parsed.units, text):
            place = Location(file=text.file, line=line)
            if not text.down:
                for inner in with_blocks(unit):
                    schema.take(inner, place, comments if len(parsed.units) == 1 else _above(text, line))
            if "cron." in unit.text and unit.kind in ("SelectStmt", "UpdateStmt", "DeleteStmt", "DoStmt"):
                loose += [_alone(inner, place, schema, comments) for inner in with_blocks(unit)]
    examined = [*broken, *(examine(entry, schema) for entry in schema.entries)]
    called = {r.full_name for e in examined for u in e.units for r in u.inside}
    for routines in schema.routines.values():
        for routine, place in routines:
            if routine.full_name not in called:
                entry = Entry(None, routine.full_name, "", routine.signature, "", "", place=place, scheduled=False)
                examined.append(examine_routine(routine, entry, schema))
    examined += [e for e in loose if e.problems]
    if schema.incomplete:
        notes.append("no migration here creates a table: whether tables and columns exist was not judged")
    notes += [f"{e.entry.called}: {text}" for e in examined for text in e.unseen]
    world = World(version="1.6", examined=examined, apps=applications(app, env) if app else ())
    found = judge(world, notes)
    return found.model_copy(update={"checked": len(schema.entries)})


def _broken(text: SqlText, error: str, at: int) -> Examined:
    line = text.line + text.sql.encode()[: max(at - 1, 0)].count(b"\n")
    entry = Entry(
        None,
        None,
        "",
        text.sql,
        "",
        "",
        place=Location(file=text.file, line=line),
        remarks=text.remarks,
        scheduled=False,
    )
    return Examined(entry, error, 0)


def _above(text: SqlText, line: int) -> str:
    """The comments right above a statement of a file with several."""
    lines = text.sql.splitlines()
    number = line - text.line - 1
    found = []
    while 0 <= number < len(lines) and lines[number].lstrip().startswith("--"):
        found.append(lines[number].strip().lstrip("- "))
        number -= 1
    return "\n".join(reversed(found))


def _alone(unit: Unit, place: Location, schema: Schema, remarks: str) -> Examined:
    """A statement of a migration that works on pg_cron's own tables: are its columns there?"""
    entry = Entry(None, None, "", unit.text, "", "", place=place, remarks=remarks, scheduled=False)
    examined = examine(entry, schema)
    problems = tuple(p for p in examined.problems if p.state == "42703")
    return dataclasses.replace(examined, problems=problems)
