"""``cronlift sandbox``: the private server, from the command line."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer
from psycopg import errors

from cronlift import sandbox as private
from cronlift.commands import options, output
from cronlift.errors import ServerError, UsageError
from cronlift.model.document import Document
from cronlift.postgres import capabilities, disposable
from cronlift.postgres.server import Server
from cronlift.sandbox.load import load as load_files

Name = Annotated[str, typer.Option("--name", help="Which sandbox; several can run side by side.")]

group = typer.Typer(
    name="sandbox",
    help="A private PostgreSQL server with pg_cron, on a socket only you can enter.",
    no_args_is_help=True,
)


class SandboxStatus(Document):
    """What ``sandbox status --json`` prints; the versions are null while it does not run."""

    name: str
    running: bool
    pid: int | None
    server_version: str | None
    pg_cron_version: str | None
    launcher_alive: bool | None
    database: str | None
    cron_database: str | None
    socket: str
    data: str
    log: str


def register(app: typer.Typer) -> None:
    """Add the verb to the command line."""
    app.add_typer(group)


@group.command()
def up(
    name: Name = "default",
    postgres: Annotated[
        int | None,
        typer.Option(
            "--postgres",
            min=1,
            metavar="MAJOR",
            help="Which PostgreSQL, say 17; default: what is installed, or the newest of the system's packages.",
        ),
    ] = None,
    background_workers: Annotated[
        bool | None,
        typer.Option(
            "--background-workers/--no-background-workers",
            help="Run jobs in background workers, not over the socket.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Make and start the sandbox; downloads PostgreSQL with pg_cron where there is none."""
    found = private.up(name, background_workers=background_workers, major=postgres, progress=output.say)
    option = "" if name == "default" else f" --name {name}"
    print(f"The sandbox {name} runs (pid {found.pid}, socket in {found.socket}).")
    print(f"The application's database is {found.database}; pg_cron lives in {found.cron_database}.")
    print(f'For other programs: eval "$(cronlift sandbox env{option})"')
    return 0


@group.command()
def down(
    name: Name = "default",
    remove: Annotated[bool, typer.Option("--remove", help="Delete its data, too.")] = False,
) -> int:
    """Stop the sandbox."""
    stopped = private.down(name, remove=remove)
    done = "was stopped" if stopped else "was not running"
    print(f"The sandbox {name} {done}{' and its data removed' if remove else ''}.")
    return 0


@group.command()
def status(name: Name = "default", as_json: options.AsJson = False) -> int:
    """Whether the sandbox runs, and what it is."""
    found = _status(name)
    if as_json:
        output.json_document(found)
        return 0
    shown = found.model_dump(exclude={"schema_version", "run_id"})
    output.table(("", ""), [(key.replace("_", " "), _word(value)) for key, value in shown.items()])
    return 0


@group.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context, name: Name = "default") -> int:
    """Run psql in the sandbox; what follows -- goes to psql."""
    found = private.running(name)
    own = found.programs.program("psql")
    program = own if os.access(own, os.X_OK) else shutil.which("psql")
    if program is None:
        raise ServerError("there is no psql", where=str(found.programs.bindir), do="install PostgreSQL's client")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG") or k in ("PGOPTIONS", "PGAPPNAME")}
    library_path = {k: v for k, v in found.programs.environment().items() if k == "LD_LIBRARY_PATH"}
    return subprocess.run(
        [program, *context.args], env={**kept, **library_path, **found.environment}, check=False
    ).returncode


@group.command()
def env(name: Name = "default") -> int:
    """Print libpq's variables for the sandbox as lines for a shell."""
    found = private.running(name)
    for variable in ("PGSERVICE", "PGHOSTADDR"):  # libpq would follow these rather than PGHOST
        if variable in os.environ:
            print(f"unset {variable}")
    for variable, value in found.environment.items():
        print(f"export {variable}={shlex.quote(value)}")
    return 0


@group.command()
def load(
    structure: Annotated[Path, typer.Argument(help="The structure: what mix ecto.dump or pg_dump -s wrote.")],
    data: Annotated[Path | None, typer.Argument(help="Rows: what pg_dump -a wrote.")] = None,
    database: Annotated[str | None, typer.Option("--database", help="Its name; default: the file's folder's.")] = None,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Go on without extensions that are not there, and name what fails.")
    ] = False,
    name: Name = "default",
) -> int:
    """Put an application's structure, and rows, into a database of the sandbox that may be written to.

    For whoever has no staging database: effects are then compared there (--proof-service, --proof-dsn-env). psql's
    backslash commands are not run.
    """
    files = [file for file in (structure, data) if file is not None]
    for file in files:
        if not file.is_file():
            raise UsageError("there is no such file", where=str(file), do="name the SQL file that was dumped")
    sandbox = private.up(name, progress=output.say)
    wanted = database or _database_name(structure)
    loaded = load_files(sandbox, files, wanted, skip_missing=skip_missing, progress=output.say)
    for line in loaded.skipped:
        print(output.printable(f"skipped: {line}"))
    print(f"The database {loaded.database} holds it ({loaded.number} statements), and is marked disposable.")
    if loaded.roles:
        print(output.printable(f"Roles made for it: {', '.join(loaded.roles)}"))
    option = "" if name == "default" else f" --name {name}"
    print(f'To prove there: eval "$(cronlift sandbox env{option})"; export PROOF="dbname={wanted}"')
    print("  cronlift verify --run DIR --proof-dsn-env PROOF")
    return 1 if loaded.skipped and skip_missing else 0


@group.command("mark-disposable")
def mark_disposable(
    service: options.Service = None, dsn_env: options.DsnEnv = None, apply: options.Apply = False
) -> int:
    """Mark a database of any server as one that may be written to and thrown away.

    Effect proofs run on such a database only. The sandbox's own are marked already.
    """
    server = Server(service, dsn_env)
    with server.connect(read_only=not apply) as connection:
        database = connection.info.dbname
        if disposable.is_disposable(connection):
            print(f"The database {database} is marked already.")
            return 0
        statement = disposable.statement(connection).as_string(connection)
        if not apply:
            print(f"Would run, on {server.where}:\n  {statement};")
            print("From then on cronlift's proofs may write to this database. With --apply it is done.")
            return 0
        try:
            disposable.mark(connection)
        except errors.InsufficientPrivilege:
            raise ServerError(
                f"this role may not mark the database {database}",
                where=server.where,
                do=f"let a superuser run: {statement};",
            ) from None
    print(f"The database {database} is marked disposable.")
    print("The way back: ALTER DATABASE … RESET cronlift.disposable;")
    return 0


def _database_name(structure: Path) -> str:
    """The name of the nearest folder that says something: ``shop`` for ``shop/priv/repo/structure.sql``."""
    folders = [part for part in structure.resolve().parts[1:-1] if part not in ("priv", "repo", "db", "sql")]
    plain = re.sub(r"[^a-z0-9_]+", "_", (folders[-1] if folders else structure.stem).lower()).strip("_")
    return plain[:63] or "loaded"


def _status(name: str) -> SandboxStatus:
    found = private.status(name)
    fields = {"name": name, "pid": found.pid, "socket": found.socket, "data": found.data, "log": found.log}
    if found.pid is None:
        unknown = dict.fromkeys(("server_version", "pg_cron_version", "launcher_alive", "database", "cron_database"))
        return SandboxStatus.model_validate({**fields, **unknown, "running": False})
    sandbox = private.running(name)
    with sandbox.server().connect_cron() as connection:
        cron = capabilities.of(connection)
        version = connection.info.parameter_status("server_version") or ""
    seen = {
        "server_version": version.split(" ")[0],
        "pg_cron_version": cron.version,
        "launcher_alive": cron.launcher_alive,
        "database": sandbox.database,
        "cron_database": sandbox.cron_database,
    }
    return SandboxStatus.model_validate({**fields, **seen, "running": True})


def _word(value: object) -> str:
    words = {True: "yes", False: "no", None: "-"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
