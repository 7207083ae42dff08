"""``cronlift sandbox`` as people and scripts see it: output, exit codes, and what a shell makes of ``env``."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import typer
from databases import AppDatabase

from cronlift.commands import main
from cronlift.commands import sandbox as command
from cronlift.postgres import disposable
from cronlift.sandbox import Sandbox


@pytest.fixture(autouse=True)
def _only_this_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    command.register(app)
    monkeypatch.setattr(main, "app", app)


def _run(*arguments: str) -> int:
    return main.main(["sandbox", *arguments])


def test_up_and_status_of_a_running_one(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run("up", "--name", sandbox.name) == 0
    shown = capfd.readouterr()
    assert shown.out.splitlines() == [
        f"The sandbox {sandbox.name} runs (pid {sandbox.pid}, socket in {sandbox.socket}).",
        "The application's database is demo; pg_cron lives in postgres.",
        f'For other programs: eval "$(cronlift sandbox env --name {sandbox.name})"',
    ]
    assert shown.err == ""
    assert _run("status", "--name", sandbox.name, "--json") == 0
    shown = capfd.readouterr()
    found = json.loads(shown.out)
    assert (found["schema_version"], found["running"], found["pid"]) == (1, True, sandbox.pid)
    assert (found["database"], found["cron_database"], found["launcher_alive"]) == ("demo", "postgres", True)
    assert found["server_version"].startswith(f"{sandbox.programs.major}.")
    assert _run("status", "--name", sandbox.name) == 0
    assert "launcher alive   yes" in capfd.readouterr().out


def test_one_that_was_never_made(capfd: pytest.CaptureFixture[str]) -> None:
    assert _run("status", "--name", "never", "--json") == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["running"], found["pid"], found["server_version"]) == (False, None, None)
    assert _run("down", "--name", "never") == 0
    assert capfd.readouterr().out == "The sandbox never was not running.\n"
    for verb in ("env", "psql"):
        assert _run(verb, "--name", "never") == 3
        shown = capfd.readouterr()
        assert shown.out == ""
        assert shown.err == "cronlift: the sandbox never is not running\n  do:    cronlift sandbox up --name never\n"
    assert _run("up", "--name", "No Such Name") == 2


def test_env_is_for_a_shell(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    assert _run("env", "--name", sandbox.name) == 0
    lines = capfd.readouterr().out
    script = f'{lines}\necho "$PGHOST|$PGPORT|$PGUSER|$PGDATABASE|$PGSERVICE"'
    done = subprocess.run(["sh", "-euc", f"set +u; {script}"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{sandbox.socket}|5432|postgres|demo|\n"


def test_psql_goes_there_whatever_libpqs_environment_says(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOST", "/nowhere")
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    assert _run("psql", "--name", sandbox.name, "--", "-XAtc", "SELECT current_database(), 'a b'") == 0
    assert capfd.readouterr().out == "demo|a b\n"
    assert _run("psql", "--name", sandbox.name, "--", "-d", "postgres", "-XAtc", "SELECT current_database()") == 0
    assert capfd.readouterr().out == "postgres\n"
    assert _run("psql", "--name", sandbox.name, "--", "-v", "ON_ERROR_STOP=1", "-Xqc", "SELECT 1/0") == 1


def test_marking_a_named_servers_database_takes_apply(
    app_database: AppDatabase, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = app_database.name
    app_database.execute(f"ALTER DATABASE {name} RESET cronlift.disposable", user="postgres")
    assert _run("mark-disposable") == 0
    assert capfd.readouterr().out.splitlines()[1] == f"""  ALTER DATABASE "{name}" SET cronlift.disposable = 'yes';"""
    with app_database.admin() as connection:
        assert not disposable.is_disposable(connection)
    monkeypatch.setenv("SHOP", f"host={os.environ['PGHOST']} user=app dbname={name}")
    if app_database.sandbox.programs.major >= 15:
        assert _run("mark-disposable", "--dsn-env", "SHOP", "--apply") == 3
        assert f'let a superuser run: ALTER DATABASE "{name}"' in capfd.readouterr().err
    assert _run("mark-disposable", "--apply") == 0
    assert capfd.readouterr().out.startswith(f"The database {name} is marked disposable.\n")
    with app_database.admin() as connection:
        assert disposable.is_disposable(connection)
    assert _run("mark-disposable", "--apply") == 0
    assert capfd.readouterr().out == f"The database {name} is marked already.\n"


def test_a_connection_string_on_the_command_line_is_refused_and_not_repeated(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert _run("mark-disposable", "--service", "host=x password=geheim") == 2
    assert _run("mark-disposable", "--dsn-env", "postgresql://u:geheim@h/x", "--apply") == 2
    assert "geheim" not in capfd.readouterr().err
