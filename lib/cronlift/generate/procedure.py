"""A job's procedure: the application's statements, its transaction boundaries, and nothing else.

Two shapes (manual, CREATE PROCEDURE, Notes: one with a SET clause may not end transactions):

* what one transaction held runs under a ``SET search_path`` clause;
* what the app committed statement by statement is committed so here: COMMIT between the groups, the search_path
  set by the first statement (it outlives COMMIT), and names qualified. What the app sends turn by turn until few rows
  are found is a LOOP that ends where the app's turns end. What the app computed once is a variable. A procedure that
  is called may end transactions, too: CALL hands that right on (manual, 43.8), a SET clause would take it away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pgparse

from cronlift.generate.quoting import Body, Name, Text, Verbatim, dollar_quote, template, text_of
from cronlift.generate.refusal import RefusalError
from cronlift.generate.statement import CALL, Statement, as_perform, terminated


@dataclass(frozen=True)
class Part:
    """One statement with the text that goes into the procedure."""

    statement: Statement
    text: str


@dataclass(frozen=True)
class Variable:
    """A value that is computed once, before the first turn of a loop."""

    name: str
    type: str
    value: str
    loop: str


@dataclass(frozen=True)
class Loop:
    """Transactions that are repeated: ``counted`` is the statement whose rows are asked for (transaction, statement);
    the loop is left after the transaction ``leaves`` where ``until`` (of the row count) holds. ``before``: what is
    computed first."""

    groups: Sequence[Sequence[Part]]
    counted: tuple[int, int]
    leaves: int
    until: str
    before: Sequence[Variable] = ()


ROWS = "cronlift_rows"
"""The variable that holds a row count."""


def commits(groups: Sequence[Sequence[Part] | Loop]) -> bool:
    """Whether a procedure of these transactions ends transactions: between them, or since one that it calls may."""
    return len(groups) > 1 or any(isinstance(g, Loop) or any(p.statement.node == CALL for p in g) for g in groups)


def create(
    schema: str,
    name: str,
    groups: Sequence[Sequence[Part] | Loop],
    path: str,
    session: Mapping[str, str] | None = None,
) -> str:
    """The CREATE PROCEDURE statement (no OR REPLACE: a foreign one of that name must survive).

    ``groups`` are the app's transactions, ``path`` the search_path its sessions have, ``session`` what else of their
    settings the procedure makes for itself. Raises RefusalError where
    PL/pgSQL cannot hold a statement.
    """
    ends = commits(groups)
    clause = Verbatim("" if ends else f"SET search_path = {path} ")
    body = Body(_body(groups, path if ends else None, session or {}), "job")
    text = text_of(template("generate/create_procedure", procedure=Name(schema, name), clause=clause, body=body))
    try:
        pgparse.parse_pgsql(text)
    except pgparse.PGQueryError as error:
        raise RefusalError("not-plpgsql", f"PL/pgSQL cannot hold the job's statements: {error}") from error
    return text


def _body(groups: Sequence[Sequence[Part] | Loop], path: str | None, session: Mapping[str, str]) -> str:
    # PL/pgSQL declares FOUND in every procedure; without the option a column of that name would be ambiguous
    # (manual, 43.11.1 Variable Substitution).
    lines = ["", "#variable_conflict use_column"]
    loops = [group for group in groups if isinstance(group, Loop)]
    declared = [f"  {v.name} {v.type};" for loop in loops for v in loop.before]
    if loops:
        declared.append(f"  {ROWS} bigint;")
    lines += [*(["DECLARE", *declared] if declared else []), "BEGIN"]
    if path is not None:
        lines.append(f"  {text_of(template('generate/set_path', path=Text(path)))};")
    for name, value in sorted(session.items()):
        # For the transaction where there is one, else for the session, which pg_cron opens for this run alone.
        local = Verbatim("true" if path is None else "false")
        lines.append(f"  {text_of(template('generate/set_setting', name=Text(name), value=Text(value), local=local))};")
    open_ = False
    for group in groups:
        if open_:
            lines.append("  COMMIT;")
        if isinstance(group, Loop):
            lines += _loop(group)
        else:
            lines += [_indented(_in_plpgsql(part)) for part in group]
        open_ = not isinstance(group, Loop)
    return "\n".join([*lines, "END", ""])


def _loop(loop: Loop) -> list[str]:
    """The turns: each of their transactions is committed, the last one's before the next turn."""
    lines = [*(f"  {v.name} := {v.value};" for v in loop.before), "  LOOP"]
    for number, group in enumerate(loop.groups):
        for place, part in enumerate(group):
            lines.append(_indented(_indented(_in_plpgsql(part))))
            if (number, place) == loop.counted:
                lines.append(f"    GET DIAGNOSTICS {ROWS} = ROW_COUNT;")
        lines.append("    COMMIT;")
        if number == loop.leaves:
            lines.append(f"    EXIT WHEN {ROWS} {loop.until};")
    return [*lines, "  END LOOP;"]


def _in_plpgsql(part: Part) -> str:
    """The statement as PL/pgSQL takes it: rows have to go somewhere (manual, 43.5.2 and 43.5.4)."""
    if not part.statement.returns_rows:
        return terminated(part.text)
    perform = as_perform(terminated(part.text)) if part.statement.node == "SelectStmt" else None
    return perform or f"EXECUTE {dollar_quote(part.text, 'sql')};"


def _indented(text: str) -> str:
    """One line is indented; several keep every byte, since a line break may stand in a string."""
    return text if "\n" in text else f"  {text}"


def body_of(procedure_sql: str) -> str:
    """The body a CREATE PROCEDURE statement gives, as ``pg_proc.prosrc`` will hold it."""
    options = pgparse.parse(procedure_sql)[0]["stmt"]["CreateFunctionStmt"]["options"]
    (body,) = (o["DefElem"]["arg"]["List"]["items"][0] for o in options if o["DefElem"]["defname"] == "as")
    return str(body["String"]["sval"])
