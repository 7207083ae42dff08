"""What the app's database says about a statement: read-only, one transaction, nothing executed.

Every question is asked under the search_path that the application's sessions have, so that a name means what
it means there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg.pq import ExecStatus

from cronlift import resources
from cronlift.generate.quoting import quote_ident
from cronlift.generate.refusal import RefusalError
from cronlift.generate.statement import CALL, Reference, Statement

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Relation:
    """A relation as the catalog has it. ``unique_index``: one that REFRESH … CONCURRENTLY can use."""

    reference: Reference
    oid: int
    schema: str
    owner: str
    populated: bool
    unique_index: bool
    row_security: bool
    row_security_forced: bool


@dataclass(frozen=True)
class Function:
    """One function that a name may stand for."""

    reference: Reference
    schema: str
    owner: str
    oid: int


@dataclass(frozen=True)
class Facts:
    """A statement's names resolved, and the types the server infers for its parameters (by number)."""

    relations: tuple[Relation, ...]
    functions: tuple[Function, ...]
    types: tuple[str, ...]

    @property
    def found(self) -> tuple[Relation | Function, ...]:
        return (*self.relations, *self.functions)


@dataclass(frozen=True)
class Role:
    """A role's attributes that matter to a job."""

    name: str
    superuser: bool
    can_login: bool


def role_settings(connection: Connection, role: str, database: str) -> dict[str, str]:
    """The settings that a session of the role in the database starts with, as the catalogue has them."""
    rows = connection.execute(resources.sql("proof/role_settings"), {"role": role, "database": database}).fetchall()
    return {str(name): str(value) for name, value in rows}


def path_text(schemas: Sequence[str]) -> str:
    """The search_path a generated procedure has: the app's schemas, then ``pg_temp``.

    Named last, temporary tables cannot stand in for the app's own (manual, CREATE FUNCTION, "Writing SECURITY
    DEFINER Functions Safely").
    """
    return ", ".join(quote_ident(s) for s in [*(s for s in schemas if s != "pg_temp"), "pg_temp"])


def look_up(connection: Connection, statement: Statement, schemas: Sequence[str]) -> Facts:
    """Resolve the statement's names, and have the server analyse it without executing it.

    Raises RefusalError for a name that stands for nothing and for a statement the server would not accept.
    """
    with connection.transaction(force_rollback=True):
        _set_path(connection, path_text(schemas))
        relations = _relations(connection, statement)
        functions = _functions(connection, statement)
        _check_found(connection, statement, relations, functions, schemas)
        types = _parameter_types(connection, statement)
    return Facts(relations, functions, types)


def _set_path(connection: Connection, path: str) -> None:
    connection.execute(resources.sql("generate/search_path"), {"path": path})


def _names(references: Sequence[Reference]) -> dict[str, list[str | None]]:
    return {"schemas": [r.schema for r in references], "names": [r.name for r in references]}


def _relations(connection: Connection, statement: Statement) -> tuple[Relation, ...]:
    wanted = [r for r in statement.references if r.kind == "relation"]
    rows = connection.execute(resources.sql("generate/relations"), _names(wanted)).fetchall()
    return tuple(Relation(wanted[int(str(row[0])) - 1], *row[1:]) for row in rows)  # type: ignore[arg-type]


def _functions(connection: Connection, statement: Statement) -> tuple[Function, ...]:
    wanted = [r for r in statement.references if r.kind == "function"]
    rows = connection.execute(resources.sql("generate/functions"), _names(wanted)).fetchall()
    return tuple(Function(wanted[int(str(row[0])) - 1], *row[1:]) for row in rows)  # type: ignore[arg-type]


def _check_found(
    connection: Connection,
    statement: Statement,
    relations: Sequence[Relation],
    functions: Sequence[Function],
    schemas: Sequence[str],
) -> None:
    found = {r.reference for r in relations} | {f.reference for f in functions}
    for reference in statement.references:
        # A call without a function may be a cast written as one; the server judges that in a query.
        if reference in found or (reference.kind == "function" and statement.query):
            continue
        name = f"{reference.schema}.{reference.name}" if reference.schema else reference.name
        raise RefusalError(
            f"{reference.kind}-not-found",
            f"{reference.kind} {name} does not exist in database {connection.info.dbname} "
            f"(search_path {path_text(schemas)}){_hidden(connection, reference)}",
        )


def _hidden(connection: Connection, reference: Reference) -> str:
    """What to do where the name stands for something in a schema that the role may not use: PostgreSQL leaves such
    schemas out of the search_path without a word (manual, 20.11.1 search_path)."""
    rows = connection.execute(
        resources.sql("generate/hidden_schemas"), {"schema": reference.schema, "name": reference.name}
    ).fetchall()
    if not rows:
        return ""
    schema, grant = rows[0]
    return f"; schema {schema} has one, which the connected role may not use: {grant}"


def _parameter_types(connection: Connection, statement: Statement) -> tuple[str, ...]:
    """Prepare the statement (parse analysis, no execution) and read the types inferred for its parameters.

    This is the protocol-level PREPARE, as the app's driver sends it: the text goes to the server as exactly one
    statement. Utility statements are taken without a look and have no parameters (manual, PREPARE).
    """
    if not statement.query:
        if statement.parameters:
            raise RefusalError("parameter-in-utility", "a utility statement cannot have bound parameters")
        return ()
    server = connection.pgconn
    text = statement.text.encode(connection.info.encoding)
    result = server.prepare(b"cronlift_probe", text)
    if result.status != ExecStatus.COMMAND_OK:
        # SQLSTATE and message only: the rest repeats the statement.
        message = result.get_error_message(connection.info.encoding).splitlines()[0]
        raise RefusalError("not-accepted-by-server", f"the server does not accept the statement: {message}")
    described = server.describe_prepared(b"cronlift_probe")
    types = [described.param_type(n) for n in range(described.nparams)]
    if statement.node == CALL and described.nfields:
        raise RefusalError("call-returns", "the procedure gives values back, which PL/pgSQL would need variables for")
    connection.execute("DEALLOCATE cronlift_probe")
    if not types:
        return ()
    _set_path(connection, "")
    row = connection.execute(resources.sql("generate/type_names"), {"types": types}).fetchone()
    assert row is not None
    return tuple(row[0])  # type: ignore[arg-type]


def role(connection: Connection, name: str) -> Role:
    """The role's attributes. Raises RefusalError where there is no such role."""
    row = connection.execute(resources.sql("generate/role"), {"role": name}).fetchone()
    if row is None:
        raise RefusalError("no-such-role", f"there is no role {name}")
    return Role(name, bool(row[0]), bool(row[1]))


def check_schema(connection: Connection, schema: str, role_name: str) -> None:
    """Raises RefusalError where the schema is absent or the role could not call a procedure in it."""
    row = connection.execute(resources.sql("generate/schema"), {"schema": schema, "role": role_name}).fetchone()
    if row is None:
        raise RefusalError("no-such-schema", f"there is no schema {schema} for the procedure")
    if not row[0]:
        raise RefusalError("missing-privilege", f"role {role_name} lacks USAGE on schema {schema}")


def default_grantees(connection: Connection, schema: str, owner: str) -> tuple[str, ...]:
    """The roles, besides PUBLIC and the owner to be, that ALTER DEFAULT PRIVILEGES lets execute a new procedure there
    (hosted databases do so for their API's roles)."""
    rows = connection.execute(resources.sql("generate/default_grantees"), {"schema": schema}).fetchall()
    return tuple(str(name) for (name,) in rows if name != owner)


def missing_privileges(connection: Connection, name: str, facts: Sequence[Facts]) -> list[tuple[str, str]]:
    """What the role may not do of all the statements do, as ``PRIVILEGE on object``, each with the GRANT for it."""
    relations = {(r.oid, r.reference.use) for f in facts for r in f.relations}
    rows = connection.execute(
        resources.sql("generate/missing_privileges"),
        {
            "role": name,
            "relations": [oid for oid, _ in sorted(relations)],
            "privileges": [use for _, use in sorted(relations)],
            "schemas": sorted({x.schema for f in facts for x in f.found}),
            "functions": sorted(oid for f in facts for oid in _certain_functions(f)),
        },
    ).fetchall()
    return [
        (f"{'ownership of' if privilege == 'OWNER' else f'{privilege} on'} {what}", str(grant))
        for privilege, what, grant in rows
    ]


def _certain_functions(facts: Facts) -> list[int]:
    """Functions that are the only ones of their name: for overloaded ones the call decides, at run time."""
    candidates: dict[Reference, list[int]] = {}
    for function in facts.functions:
        candidates.setdefault(function.reference, []).append(function.oid)
    return [oids[0] for oids in candidates.values() if len(oids) == 1]


def home_schemas(facts: Facts) -> dict[int, str]:
    """By byte location, the schema to write before each name that has none.

    Names of pg_catalog stay bare, and so does a function that several schemas offer: there the argument types
    decide, under the pinned search_path, as they do for the app.
    """
    homes: dict[int, set[str]] = {}
    for found in facts.found:
        if found.reference.schema is None:
            homes.setdefault(found.reference.location, set()).add(found.schema)
    return {
        location: quote_ident(next(iter(schemas)))
        for location, schemas in homes.items()
        if len(schemas) == 1 and schemas != {"pg_catalog"}
    }
