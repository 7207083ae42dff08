"""Connections to a real server, the ways they fail, and what the messages never say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from databases import AppDatabase
from psycopg import sql

from cronlift.errors import ServerError, UsageError
from cronlift.postgres import server as module
from cronlift.postgres.server import Server

SECRET = "Zug@Bahn:7/x"


@pytest.fixture
def guarded(app_database: AppDatabase) -> Iterator[AppDatabase]:
    """The server asks the role ``guarded`` for its password and turns ``stranger`` away."""
    rules = app_database.sandbox.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all guarded scram-sha-256\nlocal all stranger reject\n{before}")
    app_database.execute(
        f"CREATE ROLE guarded LOGIN PASSWORD '{SECRET}'; CREATE ROLE stranger LOGIN; CREATE ROLE group_only "
        f"NOLOGIN;"
        "CREATE ROLE outsider LOGIN; SELECT pg_reload_conf()",
        user="postgres",
    )
    try:
        yield app_database
    finally:
        rules.write_text(before)
        app_database.execute(
            "DROP ROLE guarded, stranger, group_only, outsider; SELECT pg_reload_conf()", user="postgres"
        )


def _failure(server: Server, database: str | None = None) -> str:
    with pytest.raises(ServerError) as raised:
        server.connect(database)
    assert raised.value.exit_code == 3
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    return str(raised.value)


def test_connections_are_read_only_until_asked(app_database: AppDatabase) -> None:
    with app_database.server.connect() as connection:
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE t ()")
        connection.rollback()
        connection.autocommit = True  # the session's default holds where psycopg opens no transaction
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE t ()")
    with app_database.server.connect(read_only=False) as connection:
        connection.execute("CREATE TABLE t ()")
        row = connection.execute(
            "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        ).fetchone()
        assert row == ("cronlift",)
        assert connection.autocommit is False


def test_a_connection_is_idle_and_outside_a_transaction_when_handed_out(app_database: AppDatabase) -> None:
    for read_only in (True, False):
        with app_database.server.connect(read_only=read_only) as connection:
            assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_behind_a_pooler_no_setting_is_left_in_the_session(
    app_database: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_direct", lambda connection: False)  # no pooler is at hand; its sign is faked
    with app_database.server.connect() as connection:
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("off",)


def test_direct_connections_are_known_as_direct(app_database: AppDatabase) -> None:
    with app_database.server.connect() as connection:
        assert module.is_direct(connection)


def test_named_by_a_variable_and_by_a_service(
    app_database: AppDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    host, name = app_database.sandbox.socket, app_database.name
    for variable in [v for v in os.environ if v.startswith("PG")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("SHOP_DATABASE", f"host={host} user=app dbname={name}")
    with Server(dsn_env="SHOP_DATABASE").connect() as connection:
        assert connection.info.dbname == name
        assert connection.info.user == "app"
    with Server(dsn_env="SHOP_DATABASE").connect("postgres") as connection:
        assert connection.info.dbname == "postgres"
    services = tmp_path / "services.conf"
    services.write_text(f"[shop]\nhost={host}\nuser=app\ndbname={name}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    with Server(service="shop").connect() as connection:
        assert connection.info.dbname == name


def test_unreachable(app_database: AppDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PGHOST", str(tmp_path))
    assert _failure(Server()) == (
        "no server can be reached\n"
        "  where: the server libpq's environment names (PGHOST, PGPORT, PGDATABASE, PGUSER)\n"
        "  do:    start it, or name another (host, port, socket folder)"
    )


def test_no_such_database_or_role(app_database: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _failure(app_database.server, "nowhere")
    assert text.startswith("there is no such database on the server\n")
    assert "database nowhere" in text
    monkeypatch.setenv("PGUSER", "nobody_at_all")
    assert _failure(Server()).startswith("there is no such role on the server\n")


def test_roles_that_are_not_let_in(guarded: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGUSER", "group_only")
    assert _failure(Server()).startswith("the role may not log in\n")
    monkeypatch.setenv("PGUSER", "stranger")
    assert _failure(Server()).startswith("the server's pg_hba.conf does not let this role in from here\n")
    with guarded.admin() as connection:
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(guarded.name)))
    monkeypatch.setenv("PGUSER", "outsider")
    assert _failure(Server()).startswith("the role may not connect to it\n")


def test_wrong_and_missing_passwords(guarded: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGUSER", "guarded")
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    assert _failure(Server()).startswith("the server did not accept the password\n")
    monkeypatch.setenv("PGPASSWORD", SECRET[:-1])
    text = _failure(Server())
    assert text.startswith("the server did not accept the password\n")
    assert SECRET[:-1] not in text
    monkeypatch.setenv("PGPASSWORD", SECRET)
    Server().connect().close()


def test_messages_in_another_language_are_understood_by_libpqs_flags() -> None:
    text = "FATAL:  Passwort-Authentifizierung für Benutzer »x« fehlgeschlagen"
    assert module.failures.classify(text).what.startswith("no connection to the server")
    assert module.failures.classify(text, used_password=True).what == "the server did not accept the password"


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://guarded:{SECRET}@localhost/x",  # read wrongly: what follows the first @ becomes the host
        f"host=/nowhere password={SECRET} {SECRET}",
        f"host=/nowhere password='{SECRET}",
        f"host=localhost port={SECRET}",
        f"host=localhost sslmode={SECRET}",
        f"passwd={SECRET}",
        SECRET,
        f"postgresql://u:%zz{SECRET}@h/x",
    ],
)
def test_no_piece_of_a_connection_string_is_repeated(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE", text)
    with pytest.raises((UsageError, ServerError)) as raised:
        Server(dsn_env="SHOP_DATABASE").connect()
    assert raised.value.__suppress_context__
    said = str(raised.value)
    assert "SHOP_DATABASE" in said
    for piece in ("Zug", "Bahn", "7/x", "%zz"):
        assert piece not in said


def test_connection_strings_are_not_taken_for_names() -> None:
    for text in (f"host=x password={SECRET}", f"postgresql://u:{SECRET}@h/x", ""):
        for arguments in ({"service": text}, {"dsn_env": text}):
            with pytest.raises(UsageError) as raised:
                Server(**arguments)
            assert "Zug" not in str(raised.value)
    with pytest.raises(UsageError, match="exclude each other"):
        Server(service="a", dsn_env="B")


def test_unset_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DATABASE", raising=False)
    with pytest.raises(UsageError, match="SHOP_DATABASE is not set or empty"):
        Server(dsn_env="SHOP_DATABASE").connect()


def test_unknown_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICEFILE", os.devnull)
    assert "libpq does not know that service" in _failure(Server(service="nowhere"))


@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
def test_pg_crons_database_is_found(app_database: AppDatabase) -> None:
    with app_database.server.connect_cron() as connection:
        assert connection.info.dbname == app_database.sandbox.cron_database
        assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)


def test_pg_crons_database_by_option(app_database: AppDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGUSER", "app")  # may not read cron.database_name, and need not
    with Server(cron_database="postgres").connect_cron(read_only=False) as connection:
        assert connection.info.dbname == "postgres"
    with pytest.raises(ServerError) as raised:
        Server(cron_database=app_database.name).connect_cron()
    assert f"the database {app_database.name} has no extension pg_cron" in str(raised.value)
    assert "--cron-database" in str(raised.value)


def test_unreadable_setting_is_an_error_with_the_grant_and_the_grant_mends_it(
    app_database: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGUSER", "app")
    with pytest.raises(ServerError) as raised:
        Server().connect_cron()
    assert str(raised.value) == (
        "it cannot be seen where pg_cron lives: the role may not read the setting cron.database_name\n"
        "  where: the server libpq's environment names (PGHOST, PGPORT, PGDATABASE, PGUSER)\n"
        '  do:    name it with --cron-database, or as a superuser: GRANT pg_read_all_settings TO "app";'
    )
    app_database.execute('GRANT pg_read_all_settings TO "app";', user="postgres")
    try:
        with Server().connect_cron() as connection:
            assert connection.info.dbname == "postgres"
    finally:
        app_database.execute('REVOKE pg_read_all_settings FROM "app"', user="postgres")
