"""Functions and procedures: from the statement that creates one to the statements of its body."""

from __future__ import annotations

import re

from cronlift.sql import command, plpgsql, tree
from cronlift.sql.unit import Routine, Unit


def created(unit: Unit) -> Routine:
    """The routine that a CREATE FUNCTION or CREATE PROCEDURE statement makes."""
    names = tree.strings(unit.tree.get("funcname", ()))
    options = {o["DefElem"]["defname"]: o["DefElem"].get("arg", {}) for o in unit.tree.get("options", ())}
    body = tree.strings(options.get("as", {}).get("List", {}).get("items", ()))
    parameters = [p["FunctionParameter"] for p in unit.tree.get("parameters", ()) if "FunctionParameter" in p]
    settings = {
        str(n["VariableSetStmt"]["name"]): "" for o in unit.tree.get("options", ())
        if "VariableSetStmt" in (n := o["DefElem"].get("arg", {}))
    }  # fmt: skip
    given = [p for p in parameters if p.get("mode") not in ("FUNC_PARAM_OUT", "FUNC_PARAM_TABLE")]
    variadic = any(p.get("mode") == "FUNC_PARAM_VARIADIC" for p in parameters)
    return Routine(
        0,
        ".".join(names[:-1]),
        names[-1],
        "p" if unit.tree.get("is_procedure") else "f",
        str(options.get("language", {}).get("String", {}).get("sval", "sql")).lower(),
        body[0] if body else "",
        settings=settings,
        security_definer=bool(options.get("security", {}).get("Boolean", {}).get("boolval")),
        sql_body="sql_body" in unit.tree,
        signature=unit.text,
        arguments=tuple(str(p.get("name", "")) for p in parameters),
        takes=(sum("defexpr" not in p for p in given) - variadic, 100 if variadic else len(given)),
    )


def statements(routine: Routine) -> tuple[Unit, ...]:
    """The statements of a body whose text is at hand, with the lines they stand on (counted in the body). Raises
    ``plpgsql.Unreadable`` where a text is not to be read, and for languages other than SQL and PL/pgSQL."""
    if routine.language == "plpgsql":
        return plpgsql.units(routine.signature)
    if routine.language != "sql":
        raise plpgsql.Unreadable(f"it is written in {routine.language}")
    text = routine.body
    if routine.sql_body:
        text = re.split(r"\bBEGIN\s+ATOMIC\b|\bRETURN\b", routine.signature, maxsplit=1, flags=re.I)[-1]
        whole = re.search(r"\bBEGIN\s+ATOMIC\b", routine.signature, re.I)
        text = re.sub(r"\bEND\s*;?\s*\Z", "", text) if whole else f"SELECT {text}"
    parsed = command.parse(text)
    if parsed.error or parsed.unread:
        raise plpgsql.Unreadable(parsed.error or parsed.unread)
    return parsed.units
