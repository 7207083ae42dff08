"""The sandbox: bring it up, ask how it is, take it down."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from psycopg import errors, sql

from cronlift.errors import ServerError, UsageError
from cronlift.postgres import disposable
from cronlift.postgres.server import Server
from cronlift.sandbox import binaries, folders
from cronlift.sandbox.account import server_account
from cronlift.sandbox.cluster import PORT, SUPERUSER, Cluster, settings

DATABASE = "demo"  # the application's database, owned by a role of the same name that is no superuser
CRON_DATABASE = "postgres"
WORKERS_VARIABLE = "CRONLIFT_BACKGROUND_WORKERS"


def _quiet(_: str) -> None:
    """No progress."""


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: its name, server process, programs and databases."""

    name: str
    socket: Path
    data: Path
    pid: int
    programs: binaries.Binaries
    database: str
    cron_database: str

    @property
    def environment(self) -> dict[str, str]:
        """libpq's variables for the application's database, as the superuser."""
        return {
            "PGHOST": str(self.socket),
            "PGPORT": str(PORT),
            "PGUSER": SUPERUSER,
            "PGDATABASE": self.database,
        }

    def server(self, database: str | None = None, *, user: str = SUPERUSER) -> Server:
        """The sandbox as a server to work on, independent of libpq's environment."""
        parameters = {
            "host": str(self.socket),
            "port": str(PORT),
            "user": user,
            "dbname": database or self.database,
        }
        return Server(settings=tuple(parameters.items()))


@dataclass(frozen=True)
class Status:
    """How a sandbox is: ``pid`` is None where it is not running, ``major`` where it was never made."""

    name: str
    pid: int | None
    major: int | None
    socket: str
    data: str
    log: str


def up(
    name: str = "default",
    *,
    database: str = DATABASE,
    cron_database: str = CRON_DATABASE,
    background_workers: bool | None = None,
    major: int | None = None,
    progress: Callable[[str], None] = _quiet,
) -> Sandbox:
    """Make and start the sandbox where needed, and see that both databases are there; running it again is
    fine.

    ``database`` is the application's, owned by a role of the same name, marked disposable. pg_cron lives in
    ``cron_database``; the same name as ``database`` gives the set-up with both in one.
    ``background_workers`` (how pg_cron runs jobs; otherwise over the socket) and ``major`` (the version of PostgreSQL)
    default to CRONLIFT_BACKGROUND_WORKERS and CRONLIFT_PG_MAJOR, a sandbox that was made keeps its version.
    Raises ServerError where there is no PostgreSQL with pg_cron and none can be downloaded.
    """
    folders.check_name(name)
    cluster = _cluster(name)
    if background_workers is None:
        background_workers = _workers_asked_for()
    major = major or binaries.asked_for()
    with folders.locked(cluster.home.parent / f"{name}.lock"):
        programs = _programs(cluster, major, progress)
        if cluster.major() not in (None, programs.major):
            raise ServerError(
                f"the sandbox {name} was made by PostgreSQL {cluster.major()}, the programs found are "
                f"{programs.major}'s",
                where=str(programs.bindir),
                do=f"use another --name, or throw the old one away: cronlift sandbox down --name {name} --remove",
            )
        cluster.make_folders()
        cluster.initialise(programs)
        changed = cluster.configure(settings(cluster, cron_database, background_workers=background_workers))
        pid = cluster.pid()
        if pid is not None and (changed or not (cluster.socket / f".s.PGSQL.{PORT}").exists()):  # /tmp was swept
            cluster.stop()
            pid = None
        if pid is None:
            progress("starting the sandbox's server (durability is off: nothing in it survives a power cut)")
            pid = cluster.start(programs)
        sandbox = Sandbox(name, cluster.socket, cluster.data, pid, programs, database, cron_database)
        _provide_databases(sandbox)
        _note(cluster).write_text(json.dumps([str(programs.bindir), database, cron_database]), encoding="utf-8")
        return sandbox


def running(name: str = "default") -> Sandbox:
    """The sandbox as it runs. Raises ServerError where it does not."""
    folders.check_name(name)
    cluster = _cluster(name)
    pid = status(name).pid
    try:
        bindir, database, cron_database = json.loads(_note(cluster).read_text(encoding="utf-8"))
        programs = binaries.inspect(Path(bindir))
    except (OSError, ValueError):
        programs = None
    if pid is None or programs is None:
        option = "" if name == "default" else f" --name {name}"
        raise ServerError(f"the sandbox {name} is not running", do=f"cronlift sandbox up{option}")
    return Sandbox(name, cluster.socket, cluster.data, pid, programs, database, cron_database)


def status(name: str = "default") -> Status:
    """How the sandbox is; changes nothing."""
    folders.check_name(name)
    cluster = _cluster(name)
    try:
        pid, major = cluster.pid(), cluster.major()
    except PermissionError as error:
        raise ServerError(
            "the sandbox belongs to another user", where=str(cluster.home), do="ask as that user, or as root"
        ) from error
    return Status(name, pid, major, str(cluster.socket), str(cluster.data), str(cluster.log))


def down(name: str = "default", *, remove: bool = False) -> bool:
    """Stop the sandbox's server, and with ``remove`` delete its data; returns whether it was running."""
    folders.check_name(name)
    cluster = _cluster(name)
    if not cluster.home.exists():
        return False
    lock = cluster.home.parent / f"{name}.lock"
    with folders.locked(lock):
        was_running = cluster.stop()
        if remove:
            cluster.remove()
            lock.unlink()
    return was_running


def names() -> list[str]:
    """The sandboxes that were made and not removed."""
    home = folders.state(server_account()) / "sandbox"
    return sorted(p.name for p in home.iterdir() if p.is_dir()) if home.is_dir() else []


def _programs(cluster: Cluster, major: int | None, progress: Callable[[str], None]) -> binaries.Binaries:
    """Those asked for, else those the data was made with, else (they are gone) any."""
    made_by = cluster.major()
    if major is None and made_by is not None:
        try:
            return binaries.find(cluster.account, progress, made_by)
        except ServerError:
            pass
    return binaries.find(cluster.account, progress, major)


def _workers_asked_for() -> bool:
    word = os.environ.get(WORKERS_VARIABLE, "")
    if word not in ("", "on", "off"):
        raise UsageError(f"{WORKERS_VARIABLE} is {word!r}", do="set it to on or off")
    return word == "on"


def _note(cluster: Cluster) -> Path:
    """Which programs and databases a sandbox was brought up with."""
    return cluster.home / "sandbox.json"


def _cluster(name: str) -> Cluster:
    account = server_account()
    return Cluster(name, folders.state(account) / "sandbox" / name, folders.socket(account, name), account)


def _provide_databases(sandbox: Sandbox) -> None:
    """Create the role and the databases that are missing, mark the application's disposable, create
    pg_cron."""
    with sandbox.server("template1").connect(read_only=False) as connection:
        role, owner = sql.Identifier(sandbox.database), sandbox.database
        if sandbox.database not in ("postgres", "template1"):
            try:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
            except errors.DuplicateObject:
                connection.rollback()
        else:
            owner = SUPERUSER
        connection.commit()
        connection.autocommit = True
        for name in dict.fromkeys((sandbox.database, sandbox.cron_database)):
            try:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
                )
            except errors.DuplicateDatabase:
                continue
    connection.close()
    with sandbox.server(sandbox.cron_database).connect(read_only=False) as connection:
        # Not in public, where pg_cron before 1.5 goes by itself: DROP SCHEMA public CASCADE would take all
        # jobs along.
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_cron WITH SCHEMA pg_catalog")
    with sandbox.server().connect(read_only=False) as connection:
        if not disposable.is_disposable(connection):
            disposable.mark(connection)
