"""The application's own worker, run on a copy: one tick in its own runtime, with the statements it sends written down.

The command is the user's and is run by a shell, in the application's folder where one is named. It finds the copy
through libpq's variables and ``DATABASE_URL``, or through placeholders in its text:

    {database} {user} {host} {port}    the copy, the application's role, the loopback and the proxy's port
    {socket}                           the folder of the proxy's Unix socket (its port is 5432)
    {url}                              all of it as postgresql://…
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pgparse
import psycopg
from psycopg import sql

from cronlift import resources
from cronlift.model.verdict import Step
from cronlift.postgres.server import Connection, Server
from cronlift.proof.copies import session
from cronlift.proof.proxy import Proxy
from cronlift.proof.readout import Key
from cronlift.proof.session import Side
from cronlift.sql.facts import walk

SECONDS = 300.0
"""What a tick may take."""

# Statements that only steer a session; a driver sends them by itself.
_STEERING = ("TransactionStmt", "VariableSetStmt", "VariableShowStmt", "ListenStmt", "UnlistenStmt", "DeallocateStmt")
_TAKEN = ("PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGDATABASE", "PGHOST", "PGPORT", "PGUSER", "PGSSLMODE")


class WorkerError(Exception):
    """The command could not be run to its end: why, in words."""


@dataclass
class Worker:
    """``command`` as the user wrote it; ``sent`` is what its last run sent, ``functions`` the names of those the copy
    has beside the system's, ``words`` the end of what the command printed."""

    command: str
    server: Server
    app: Side
    folder: Path | None = None
    seconds: float = SECONDS
    sent: list[str] = field(default_factory=list)
    functions: frozenset[str] = frozenset()
    words: str = ""

    def run(self, database: str) -> None:
        """One tick on the copy. Raises WorkerError where the command fails or does not end."""
        with session(self.server, database) as connection:
            _give_settings(connection, self.app, database)
            target = _target(connection)
            self.functions = frozenset(str(n) for (n,) in connection.execute(resources.sql("proof/own_functions")))
        with Proxy(target) as proxy:
            places = {
                "database": database,
                "user": self.app.role,
                "host": "127.0.0.1",
                "port": str(proxy.port),
                "socket": proxy.folder,
                "url": f"postgresql://{quote(self.app.role)}@127.0.0.1:{proxy.port}/{database}",
            }
            self._shell(_filled(self.command, places), _environment(places, proxy))
        self.sent = proxy.sent.texts

    def _shell(self, command: str, environment: dict[str, str]) -> None:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            raise WorkerError(f"the application's command did not end within {self.seconds:.0f} seconds") from None
        finally:
            _end(process)
        lines = [line for line in output.decode(errors="replace").splitlines() if line.strip()]
        self.words = "\n".join(lines[-20:])
        if process.returncode != 0:
            last = lines[-1] if lines else "no words"
            raise WorkerError(f"the application's command ended with exit code {process.returncode}: {last}")


def own(texts: Sequence[str], scheduler: Callable[[Key], bool], functions: Collection[str]) -> tuple[str, ...]:
    """The statements that are the job's: neither the driver's steering nor the scheduler's on its own tables.

    ``functions`` are the names of those the application's database has of its own.
    """
    return tuple(text for text in texts if _is_own(text, scheduler, functions))


def unforeseen(sent: Sequence[str], steps: Sequence[Step]) -> tuple[list[str], list[str]]:
    """What the worker sent and nobody read in its source, and what was read and not sent."""
    known = {_fingerprint(step.sql): step.text for step in steps}
    came = {_fingerprint(text): text for text in sent}
    return [t for f, t in came.items() if f not in known], [t for f, t in known.items() if f not in came]


def _is_own(text: str, scheduler: Callable[[Key], bool], functions: Collection[str]) -> bool:
    try:
        trees = [tree["stmt"] for tree in pgparse.parse(text)]
    except pgparse.PGQueryError:
        return True
    return any(_acts(tree, scheduler, functions) for tree in trees)


def _acts(tree: dict[str, Any], scheduler: Callable[[Key], bool], functions: Collection[str]) -> bool:
    """Whether a statement touches a relation, function or channel of the application."""
    if next(iter(tree), "") in _STEERING:
        return False
    if "CallStmt" in tree or "DoStmt" in tree:
        return True
    if "NotifyStmt" in tree:
        return not scheduler(("", tree["NotifyStmt"]["conditionname"]))
    with_ = {node["ctename"] for kind, node in walk(tree) if kind == "CommonTableExpr"}
    named = [(str(n.get("schemaname", "")), str(n["relname"])) for _, n in walk(tree) if "relname" in n]
    relations = [
        key
        for key in named
        if key[0] not in ("pg_catalog", "information_schema")
        and not key[1].startswith("pg_")
        and not (key[0] == "" and key[1] in with_)
    ]
    if any(not scheduler(key) for key in relations):
        return True
    calls = {node["funcname"][-1]["String"]["sval"] for kind, node in walk(tree) if kind == "FuncCall"}
    return any(name in functions and not scheduler(("", name)) for name in calls)


def _fingerprint(text: str) -> str:
    try:
        return str(pgparse.fingerprint(text))
    except pgparse.PGQueryError:
        return text


def _filled(command: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        command = command.replace("{" + name + "}", shlex.quote(value))
    return command


def _environment(places: dict[str, str], proxy: Proxy) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _TAKEN}
    return {
        **kept,
        "PGHOST": proxy.folder,
        "PGPORT": str(proxy.socket_port),
        "PGUSER": places["user"],
        "PGDATABASE": places["database"],
        "PGSSLMODE": "disable",
        "DATABASE_URL": places["url"],
    }


def _target(connection: Connection) -> tuple[str, int]:
    """Where the server listens. Raises WorkerError where it wants TLS, which the proxy does not speak."""
    if connection.pgconn.ssl_in_use:
        raise WorkerError(
            "the proof database is reached through TLS; the application's command is run on one that is reached by a "
            "socket or without TLS (the sandbox: cronlift sandbox load)"
        )
    return connection.info.host, connection.info.port


def _give_settings(connection: Connection, app: Side, database: str) -> None:
    """A copy has none of the settings that are made for the role in the database; it gets them here."""
    for name, value in app.settings.items():
        try:
            with connection.transaction():
                connection.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
                connection.execute(
                    sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} FROM CURRENT").format(
                        sql.Identifier(app.role),
                        sql.Identifier(database),
                        sql.SQL(".").join(map(sql.Identifier, name.split("."))),
                    )
                )
        except psycopg.Error as error:
            raise WorkerError(
                f"the setting {name} of role {app.role} cannot be given to the copy: {error.diag.message_primary}"
            ) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever the command left running: its own process group, nobody else's."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
