"""A command PostgreSQL refuses in a transaction block, beside another statement or inside a routine.

Several statements of one command are one transaction (an implicit block in libpq mode, one function call in background
worker mode): measured on pg_cron 1.4.2, both modes. ``PreventInTransactionBlock`` in src/backend/tcop/utility.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter, literal, quoted
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql import plpgsql
from cronlift.sql.unit import Unit


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for unit in examined.units:
        if unit.inside and (unit.alone or _dynamic(unit)):
            word = _word(unit)
            yield Flaw(
                "warning" if unit.conditional or unit.caught else "error",
                f"it fails at every run: {word} is refused inside a {unit.inside[-1].what}{unit.place}",
                f"-- take it out of the body and give it an entry of its own:\n"
                "SELECT "
                f"cron.schedule({literal((examined.entry.jobname or 'maintenance') + '-' + word.split()[0].lower())}, "
                f"{literal(examined.entry.schedule)}, {quoted(_text(unit))});",
            )
        elif not unit.inside and unit.alone and examined.top > 1:
            others = examined.top - 1
            beside = "another statement" if others == 1 else f"{others} other statements"
            yield Flaw(
                "error",
                f"it fails at every run and nothing of it is done: {_word(unit)} is refused in one command "
                f"with {beside}",
                _split(examined),
            )
            return


def _text(unit: Unit) -> str:
    return f"{unit.tree.get('begins', '')}…" if unit.kind == plpgsql.DYNAMIC else unit.text


def _dynamic(unit: Unit) -> bool:
    begins = str(unit.tree.get("begins", "")) if unit.kind == plpgsql.DYNAMIC else ""
    return bool(
        re.match(
            r"\s*(VACUUM\b|(REINDEX|CREATE\s+(UNIQUE\s+)?INDEX|DROP\s+INDEX)\b.*\bCONCURRENTLY\b)", begins, re.I | re.S
        )
    )


def _word(unit: Unit) -> str:
    text = str(unit.tree.get("begins", "")) if unit.kind == plpgsql.DYNAMIC else unit.text
    words = re.sub(r"\s+", " ", text).strip().split(" ")
    if "CONCURRENTLY" in text.upper():
        return (
            f"{words[0].upper()} CONCURRENTLY"
            if words[0].upper() == "REINDEX"
            else f"{words[0].upper()} INDEX CONCURRENTLY"
        )
    return words[0].upper() if words[0].upper() in ("VACUUM", "REINDEX", "CLUSTER") else " ".join(words[:2]).upper()


def _split(examined: Examined) -> str:
    """One entry for each statement; where one already covers the others, that one alone."""
    entry = examined.entry
    tops = [u for u in examined.units if not u.inside]
    vacuum = next((u for u in tops if u.kind == "VacuumStmt" and u.tree.get("is_vacuumcmd")), None)
    rest = [u for u in tops if u is not vacuum]
    if (
        vacuum
        and all(u.kind == "VacuumStmt" and not u.tree.get("is_vacuumcmd") for u in rest)
        and "ANALYZE" in vacuum.text.upper()
    ):
        return alter(entry, command=vacuum.text)
    lines = [alter(entry, command=tops[0].text)]
    for number, unit in enumerate(tops[1:], 2):
        name = f"{entry.jobname or 'entry'}-{number}"
        lines.append(f"SELECT cron.schedule({literal(name)}, {literal(entry.schedule)}, {quoted(unit.text)});")
    return "-- one entry for each statement (mind the order: give the later ones a later time):\n" + "\n".join(lines)


RULE = Rule("A command that PostgreSQL refuses in a transaction block", entry=_check)
