"""The job's role may not do what the command does (has_*_privilege; parse analysis looks at schemas only)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor import names
from cronlift.doctor.entry import Examined, Relation
from cronlift.doctor.fixes import identifier
from cronlift.doctor.rules.protocol import Flaw, Rule, Weight
from cronlift.doctor.world import World
from cronlift.sql import tree
from cronlift.sql.unit import Unit

_SKIPS = {"VacuumStmt"}  # VACUUM and ANALYZE skip what they may not touch, with a WARNING nobody sees (vacuum.c)


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    login = world.login(entry)
    if login is None or login.superuser:
        return
    role = identifier(entry.username)
    for problem in names.complaints(examined, {"42501"}):
        name = problem.message.rsplit(" ", 1)[-1]
        fix = f"GRANT USAGE ON SCHEMA {identifier(name)} TO {role};"
        yield Flaw(names.weight(problem), f"{names.sentence(problem)}, as {entry.username}", fix)
    said = set()
    for unit in examined.units:
        if unit.guarded or any(r.security_definer for r in unit.inside):
            continue
        for flaw in [*_relations(unit, examined, role), *_routines(unit, examined, role)]:
            if flaw.message not in said:
                said.add(flaw.message)
                yield flaw


def _relations(unit: Unit, examined: Examined, role: str) -> Iterator[Flaw]:
    weight: Weight = "warning" if unit.conditional or unit.caught else "error"
    for access in tree.accesses(unit):
        relation = examined.relations.get(access.written)
        if (
            relation is None
            or access.mode in ("MAKE", "LOCK")
            or relation.schema in ("pg_catalog", "information_schema")
        ):
            continue
        needed = "ALTER" if access.mode == "DROP" else access.mode
        if needed in relation.rights or ("OWN" in relation.rights and needed == "ALTER" and "ALTER" in relation.rights):
            continue
        if needed == "OWN" and unit.kind == "VacuumStmt" and "DBA" in relation.rights:
            continue
        if relation.kind in "iIS" and needed != "OWN" and needed != "ALTER":
            continue
        yield Flaw(weight, _message(unit, relation, needed, examined), _grant(relation, needed, role))


def _message(unit: Unit, relation: Relation, needed: str, examined: Examined) -> str:
    who = examined.entry.username
    if needed in ("OWN", "ALTER"):
        if unit.kind in _SKIPS:
            word = "VACUUM" if unit.tree.get("is_vacuumcmd") else "ANALYZE"
            what = f"{word} skips {relation.full_name}, which {who} does not own"
            return f"every run reports success and does nothing: {what}{unit.place}"
        return f"it fails at every run: {who} must own {relation.full_name} (its owner is {relation.owner}){unit.place}"
    return f"it fails at every run: {who} has no {needed} privilege on {relation.full_name}{unit.place}"


def _grant(relation: Relation, needed: str, role: str) -> str:
    name = f"{identifier(relation.schema)}.{identifier(relation.name)}"
    if needed in ("OWN", "ALTER"):
        grant = f"GRANT {identifier(relation.owner)} TO {role};"
        return f"-- let the owner run it (or GRANT MAINTAIN from PostgreSQL 17 on):\n{grant}"
    return f"GRANT {needed} ON {name} TO {role};"


def _routines(unit: Unit, examined: Examined, role: str) -> Iterator[Flaw]:
    for called in tree.calls(unit):
        found = examined.routines.get(called.key, ())
        if not found or any(routine.may_execute for routine in found):
            continue
        weight: Weight = "warning" if unit.conditional or unit.caught else "error"
        first = found[0]
        message = f"it fails at every run: {examined.entry.username} may not execute {first.full_name}(){unit.place}"
        name = f"{identifier(first.schema)}.{identifier(first.name)}({first.signature})"
        schema = f"GRANT USAGE ON SCHEMA {identifier(first.schema)} TO {role};\n"
        yield Flaw(weight, message, f"{schema}GRANT EXECUTE ON {first.what.upper()} {name} TO {role};")


RULE = Rule("The job's role lacks a right", entry=_check)
