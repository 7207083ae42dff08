"""COMMIT or ROLLBACK where it cannot be (manual, "Transaction Management" of PL/pgSQL; measured on pg_cron 1.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import alter
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World
from cronlift.sql.unit import Unit


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    for unit in examined.units:
        if unit.kind != "TransactionStmt":
            continue
        word = str(unit.tree.get("kind", "")).removeprefix("TRANS_STMT_")
        why, fix = _why(unit, word, examined, world)
        if why:
            yield Flaw("warning" if unit.conditional else "error", f"it fails at every run: {why}{unit.place}", fix)
            return


def _why(unit: Unit, word: str, examined: Examined, world: World) -> tuple[str, str]:
    if not unit.inside:
        if world.server.get("background_workers") == "on":
            bare = "; ".join(u.text for u in examined.units if not u.inside and u.kind != "TransactionStmt")
            return (
                f"{word} is refused by pg_cron's background workers (cron.use_background_workers = on)",
                alter(examined.entry, command=bare),
            )
        return "", ""
    inner = unit.inside[-1]
    for routine in unit.inside:
        if routine.kind == "f":
            return (
                f"{word} is refused in the function {routine.full_name}",
                f"-- make {routine.full_name} a procedure, and CALL it",
            )
        if routine.language == "sql":
            return f"{word} is refused in an SQL-language routine", f"-- write {routine.full_name} in plpgsql"
        if routine.settings:
            name = next(iter(routine.settings))
            return (
                f"{word} is refused in a procedure with a SET clause ({name})",
                f"ALTER PROCEDURE {routine.full_name}({routine.signature}) RESET ALL;  -- and qualify the names in it",
            )
        if routine.security_definer:
            return (
                f"{word} is refused in a SECURITY DEFINER procedure",
                f"ALTER PROCEDURE {routine.full_name}({routine.signature}) SECURITY INVOKER;",
            )
    if unit.subtransaction:
        return (
            f"{word} is refused in a block with an EXCEPTION clause",
            f"-- move {word} out of that block of {inner.full_name}",
        )
    if examined.top > 1:
        calls = [u for u in examined.units if not u.inside and u.kind in ("CallStmt", "DoStmt")]
        fix = alter(examined.entry, command=calls[0].text) if calls else ""
        return (
            f"{word} is refused where the command holds {examined.top} statements",
            f"-- the call must stand alone:\n{fix}",
        )
    return "", ""


RULE = Rule("COMMIT where it cannot be", entry=_check)
