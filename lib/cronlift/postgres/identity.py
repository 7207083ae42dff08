"""Which server, databases and role a plan is made for, as the server itself names them."""

from __future__ import annotations

from typing import Any

from psycopg import errors, sql
from psycopg.rows import dict_row

from cronlift import resources
from cronlift.errors import ServerError
from cronlift.model.plan import Target
from cronlift.postgres import capabilities
from cronlift.postgres.server import Connection, Server


def target(server: Server) -> Target:
    """Ask both databases. Raises ServerError where one cannot be reached or read.

    The app's role is the connected one; where that is a superuser (an operator's session) the database's
    owner, if it can log in. ``search_path`` is what that role's sessions in this database resolve names with.
    """
    with server.connect() as connection:
        row = _identity(connection)
        role = app_role(row)
        path = search_path(connection, role)
    with server.connect_cron() as connection:
        cron_server = _identity(connection)["system_identifier"]
        cron = capabilities.of(connection)
    if cron_server != row["system_identifier"]:
        raise ServerError(
            "the application's database and pg_cron's are on different servers",
            where=server.where,
            do="name one server for both; behind a balancer, name the primary itself",
        )
    return Target(
        system_identifier=row["system_identifier"],
        server_version=row["server_version"],
        database=row["database"],
        database_oid=row["database_oid"],
        cron_database=cron.database,
        cron_database_oid=cron.database_oid,
        pg_cron_version=cron.version,
        cron_timezone=cron.timezone,
        app_role=role,
        search_path=path,
    )


def app_role(row: dict[str, Any]) -> str:
    """The role the application works as, from a row of sql/identity.sql."""
    use_owner = row["is_superuser"] and row["owner_can_login"]
    return str(row["owner"] if use_owner else row["session_role"])


def search_path(connection: Connection, role: str) -> tuple[str, ...]:
    """The existing schemas that ``role``'s sessions in this database search, in order, without the implicit
    ones.

    For another role than the connected one: its own setting is taken on for a moment, with the role itself,
    since ``"$user"`` is its name.
    """
    current = connection.execute("SELECT current_user::text").fetchone()
    assert current is not None
    if current[0] == role:
        return _current_schemas(connection)
    start = connection.execute(resources.sql("identity_role_setting"), {"role": role}).fetchone()
    assert start is not None
    with connection.transaction(force_rollback=True):
        try:
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        except errors.InsufficientPrivilege:
            raise ServerError(
                f"the search_path of the role {role} cannot be seen: the connected role may not act as it",
                do=f"connect as {role}, or as a superuser",
            ) from None
        connection.execute("SELECT pg_catalog.set_config('search_path', %s, TRUE)", (start[0],))
        return _current_schemas(connection)


def _current_schemas(connection: Connection) -> tuple[str, ...]:
    row = connection.execute("SELECT pg_catalog.current_schemas(FALSE)::text[]").fetchone()
    assert row is not None
    assert isinstance(row[0], list)
    return tuple(str(schema) for schema in row[0])


def _identity(connection: Connection) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(resources.sql("identity")).fetchone()
    assert row is not None
    return row
