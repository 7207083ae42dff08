"""Who the server is, which role the app has, and what its sessions search, asked of real servers."""

from __future__ import annotations

import os

import pytest
from databases import AppDatabase

from cronlift.errors import ServerError
from cronlift.postgres import capabilities, identity
from cronlift.postgres.server import Server
from cronlift.sandbox.private_server import WORKERS_VARIABLE


@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
def test_target_names_both_databases(app_database: AppDatabase) -> None:
    target = identity.target(app_database.server)
    assert target.database == app_database.name
    assert target.cron_database == app_database.sandbox.cron_database
    assert target.split == (target.database_oid != target.cron_database_oid)
    assert target.app_role == app_database.role
    assert target.search_path == ("public",)
    with app_database.admin() as connection:
        row = connection.execute(
            "SELECT system_identifier::text, (SELECT oid FROM pg_database WHERE datname = %s) FROM pg_control_system()",
            (target.database,),
        ).fetchone()
    assert row == (target.system_identifier, target.database_oid)
    assert target.server_version.split(".")[0] == str(app_database.sandbox.programs.major)


def test_search_path_is_the_app_roles_not_the_operators(app_database: AppDatabase) -> None:
    app_database.execute(
        f"CREATE SCHEMA app; CREATE SCHEMA tenant; CREATE SCHEMA operator;"
        f"ALTER ROLE app IN DATABASE {app_database.name} SET search_path = 'nowhere', tenant, \"$user\", "
        f"public;"
        f"ALTER ROLE postgres IN DATABASE {app_database.name} SET search_path = operator",
        user="postgres",
    )
    app_database.execute("GRANT USAGE ON SCHEMA app, tenant TO app", user="postgres")
    assert identity.target(app_database.server).search_path == ("tenant", "app", "public")
    # the same when the app's own role asks
    with app_database.connect() as connection:
        assert identity.search_path(connection, "app") == ("tenant", "app", "public")


def test_search_path_falls_back_to_the_databases_setting(app_database: AppDatabase) -> None:
    app_database.execute(
        f"CREATE SCHEMA one AUTHORIZATION app; ALTER DATABASE {app_database.name} SET search_path = one",
        user="postgres",
    )
    assert identity.target(app_database.server).search_path == ("one",)


def test_old_pg_cron_reads_schedules_in_gmt_whatever_a_placeholder_says(app_database: AppDatabase) -> None:
    with app_database.admin("postgres") as connection:
        if capabilities.of(connection).version not in ("1.3", "1.4"):
            pytest.skip("this pg_cron knows cron.timezone")
        connection.execute("SET cron.timezone = 'America/New_York'")
        assert connection.execute("SHOW cron.timezone").fetchone() == ("America/New_York",)
        assert capabilities.of(connection).timezone == "GMT"


def test_settings_that_may_not_be_read_are_an_error_with_the_grant(app_database: AppDatabase) -> None:
    server = app_database.sandbox.server(app_database.name, user="app")
    with pytest.raises(ServerError) as raised:
        identity.target(server)
    assert 'GRANT pg_read_all_settings TO "app";' in str(raised.value)
    with pytest.raises(ServerError) as raised:  # named, but its time zone is as unreadable
        identity.target(server.in_database("postgres"))
    grant = 'GRANT pg_read_all_settings TO "app";'
    assert grant in str(raised.value)
    app_database.execute(grant, user="postgres")
    try:
        target = identity.target(server)
        assert (target.app_role, target.cron_timezone) == ("app", "GMT")
    finally:
        app_database.execute("REVOKE pg_read_all_settings FROM app", user="postgres")


def test_capabilities_of_the_sandbox(app_database: AppDatabase) -> None:
    with app_database.server.connect_cron() as connection:
        found = capabilities.of(connection)
    assert found.launcher_alive is True
    assert found.background_workers is (os.environ.get(WORKERS_VARIABLE) == "on")
    assert found.host == str(app_database.sandbox.socket)
    assert found.max_running_jobs == (5 if found.background_workers else 32)
    assert found.pooled is False


def test_launcher_is_unknown_to_a_role_that_sees_only_itself(app_database: AppDatabase) -> None:
    app_database.execute("GRANT pg_read_all_settings TO app", user="postgres")
    try:
        with Server(settings=app_database.sandbox.server(user="app").settings).connect_cron() as connection:
            assert capabilities.of(connection).launcher_alive is None
    finally:
        app_database.execute("REVOKE pg_read_all_settings FROM app", user="postgres")


def test_extension_without_its_library_is_an_error(app_database: AppDatabase) -> None:
    with (
        app_database.admin() as connection,
        pytest.raises(ServerError, match="the database has no extension pg_cron"),
    ):
        capabilities.of(connection)


def test_major_minor() -> None:
    assert [capabilities.major_minor(v) for v in ("1.4-1", "1.6.5", "1.6", "2.0-rc")] == [
        "1.4",
        "1.6",
        "1.6",
        "2.0",
    ]
