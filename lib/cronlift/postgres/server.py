"""The server a command works on: named as libpq names servers, connected to read-only unless asked
otherwise."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace

import psycopg
from psycopg import conninfo, sql

from cronlift import resources
from cronlift.errors import ServerError, UsageError
from cronlift.postgres import failures

Connection = psycopg.Connection[tuple[object, ...]]

_TIMEOUT = 10  # seconds for one connection attempt, where nobody set connect_timeout


@dataclass(frozen=True)
class Server:
    """A server by the name of a libpq ``service``, by the NAME of an environment variable that holds a
    connection string (``dsn_env``), or, with neither, by libpq's environment.

    ``cron_database`` names the database pg_cron lives in. ``settings`` are libpq keywords that cronlift chose
    itself (the sandbox's socket folder); never a user's, since those can hold secrets.
    """

    service: str | None = None
    dsn_env: str | None = None
    cron_database: str | None = None
    settings: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse anything that is not a name: a connection string typed as an option would be in everybody's
        ``ps``."""
        if self.service is not None and self.dsn_env is not None:
            raise UsageError("--service and --dsn-env exclude each other", do="give one of them")
        if self.service is not None and not re.fullmatch(r"[\w][\w.+-]*", self.service):
            raise UsageError(
                "--service takes the name of a libpq service, not a connection string",
                do="put host, user and password into ~/.pg_service.conf and ~/.pgpass, and give the service's name",
            )
        if self.dsn_env is not None and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.dsn_env):
            raise UsageError(
                "--dsn-env takes the NAME of an environment variable, not a connection string",
                do="export the string in a variable, and give the variable's name",
            )
        if self.cron_database is not None and _STRING.search(self.cron_database):
            raise UsageError(
                "--cron-database takes the name of a database, not a connection string",
                do="give the name alone; the server is the one that --service or --dsn-env names",
            )

    def connect(self, database: str | None = None, *, read_only: bool = True) -> Connection:
        """A connection, autocommit off, to ``database`` (default: what the server's name says).

        With ``read_only`` every transaction is READ ONLY, and so is the session's default. A session default
        that is set through a transaction pooler would stay behind in a session that the application gets
        next; behind one (the pid the pooler invented is not the backend's) only the transactions are. Raises
        ServerError, in our own words only.
        """
        try:
            connection = psycopg.connect(self._conninfo(database), autocommit=False)
        except psycopg.Error as error:
            raise self._failed(error, database) from None
        try:
            if read_only:
                connection.read_only = True
                if is_direct(connection):
                    connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.commit()
        except psycopg.Error as error:
            connection.close()
            raise self._failed(error, database) from None
        return connection

    def connect_cron(self, *, read_only: bool = True) -> Connection:
        """A connection to the database pg_cron lives in.

        Looked for in this order: ``cron_database``; the application's database where the extension is in it;
        the setting ``cron.database_name``. Raises ServerError where none says so; where the setting may not
        be read (pg_cron marks it superuser-only; unknown is not "off"), with the GRANT that mends it.
        """
        if self.cron_database is not None:
            return self._with_extension(self.cron_database, "--cron-database", read_only=read_only)
        connection = self.connect(read_only=read_only)
        try:
            if has_pg_cron(connection):
                connection.commit()
                return connection
            name = self._configured_cron_database(connection)
        except BaseException:  # whatever it was, the connection must not stay open behind it
            connection.close()
            raise
        connection.close()
        return self._with_extension(name, "the server's setting cron.database_name", read_only=read_only)

    def in_database(self, cron_database: str) -> Server:
        """The same server with the database of pg_cron named."""
        return replace(self, cron_database=cron_database)

    @property
    def where(self) -> str:
        """How the user named the server; nothing that a connection string holds."""
        if self.service is not None:
            return f"the libpq service {self.service}"
        if self.dsn_env is not None:
            return f"the server named by the variable {self.dsn_env}"
        if self.settings:
            return ", ".join(f"{key} {value}" for key, value in self.settings)
        named = [key for key in _LIBPQ if os.environ.get(key)]
        if not named:
            return "libpq's default server"
        return f"the server libpq's environment names ({', '.join(named)})"

    def _conninfo(self, database: str | None) -> str:
        parameters: dict[str, str | int] = {"application_name": "cronlift", **dict(self.settings)}
        if "PGCONNECT_TIMEOUT" not in os.environ:
            parameters["connect_timeout"] = _TIMEOUT
        if self.service is not None:
            parameters["service"] = self.service
        if self.dsn_env is not None:
            text = os.environ.get(self.dsn_env)
            if not text:
                raise UsageError(
                    f"the environment variable {self.dsn_env} is not set or empty",
                    do=f"export {self.dsn_env}='host=… dbname=… user=…'",
                )
            try:
                parameters |= {k: v for k, v in conninfo.conninfo_to_dict(text).items() if v is not None}
            except psycopg.Error:
                raise UsageError(
                    f"the environment variable {self.dsn_env} holds no valid connection string",
                    do="write 'host=… dbname=… user=…' or postgresql://…, with special characters percent-encoded",
                ) from None
        if database is not None:
            parameters["dbname"] = database
        return conninfo.make_conninfo("", **parameters)

    def _failed(self, error: psycopg.Error, database: str | None) -> ServerError:
        state = error.pgconn
        failure = failures.classify(
            str(error),
            needs_password=bool(state and state.needs_password),
            used_password=bool(state and state.used_password),
        )
        where = self.where if database is None else f"{self.where}, database {database}"
        return ServerError(failure.what, where=where, do=failure.do)

    def _configured_cron_database(self, connection: Connection) -> str:
        try:
            row = connection.execute(resources.sql("cron_database")).fetchone()
        except psycopg.errors.InsufficientPrivilege:
            connection.rollback()
            raise ServerError(
                "it cannot be seen where pg_cron lives: the role may not read the setting cron.database_name",
                where=self.where,
                do=f"name it with --cron-database, or as a superuser: {read_settings_grant(connection)}",
            ) from None
        if row is None or row[0] is None:
            raise ServerError(
                "pg_cron is not loaded on this server",
                where=self.where,
                do="install it, add pg_cron to shared_preload_libraries, restart the server, CREATE EXTENSION pg_cron",
            )
        return str(row[0])

    def _with_extension(self, database: str, named_by: str, *, read_only: bool) -> Connection:
        connection = self.connect(database, read_only=read_only)
        if has_pg_cron(connection):
            connection.commit()
            return connection
        connection.close()
        raise ServerError(
            f"the database {database} has no extension pg_cron",
            where=f"{self.where}; the database is named by {named_by}",
            do=f"CREATE EXTENSION pg_cron in {database} (as a superuser), or name another with --cron-database",
        )


_STRING = re.compile(r"://|\b(host|hostaddr|port|user|password|dbname|service)\s*=")
_LIBPQ = ("PGSERVICE", "PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER")


def has_pg_cron(connection: Connection) -> bool:
    """Whether the extension is in the connected database (the catalog is readable by everybody)."""
    return connection.execute("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'pg_cron'").fetchone() is not None


def is_direct(connection: Connection) -> bool:
    """Whether no pooler stands between: a pooler answers with a process number of its own."""
    row = connection.execute("SELECT pg_catalog.pg_backend_pid()").fetchone()
    return row is not None and row[0] == connection.info.backend_pid


def read_settings_grant(connection: Connection) -> str:
    """The statement that lets the connected role read settings that are marked superuser-only."""
    row = connection.execute("SELECT current_user").fetchone()
    assert row is not None
    return sql.SQL("GRANT pg_read_all_settings TO {};").format(sql.Identifier(str(row[0]))).as_string(connection)
