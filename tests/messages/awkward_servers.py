"""Servers that are not what one hopes for, all of them real: a standby, and a proxy that answers as poolers do."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cronlift.postgres.server import Server
from cronlift.sandbox import Sandbox
from cronlift.sandbox.account import server_account
from cronlift.sandbox.cluster import PORT, SUPERUSER, Cluster, settings


@contextmanager
def pooler(server: Path, folder: Path) -> Iterator[None]:
    """A proxy in front of the server's socket. Like a pooler it answers with a process number of its own
    (BackendKeyData; PostgreSQL manual, 55.7)."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / f".s.PGSQL.{PORT}"))
    listener.listen()
    threading.Thread(target=_accept, args=(listener, server / f".s.PGSQL.{PORT}"), daemon=True).start()
    try:
        yield
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket, server: Path) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        backend = socket.socket(socket.AF_UNIX)
        backend.connect(str(server))
        threading.Thread(target=_pump, args=(client, backend, False), daemon=True).start()
        threading.Thread(target=_pump, args=(backend, client, True), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket, answers: bool) -> None:
    key = b"K" + struct.pack("!i", 12)
    with suppress(OSError):
        while data := source.recv(65536):
            at = data.find(key) if answers else -1
            if at >= 0:
                (pid,) = struct.unpack_from("!i", data, at + 5)
                data = data[: at + 5] + struct.pack("!i", pid + 1) + data[at + 9 :]
                answers = False
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
    source.close()


@contextmanager
def second_server(sandbox: Sandbox, name: str, **changed: str | None) -> Iterator[tuple[Cluster, Server]]:
    """Another server of the sandbox's programs, with settings changed (None: left out)."""
    account = server_account()
    home = sandbox.data.parent.with_name(f"{sandbox.name}-{name}")
    cluster = Cluster(home.name, home, sandbox.socket.with_name(f"{sandbox.socket.name}-{name}"), account)
    cluster.make_folders()
    cluster.initialise(sandbox.programs)
    wanted = {**settings(cluster, "postgres", background_workers=False), **changed}
    cluster.configure({key: value for key, value in wanted.items() if value is not None})
    cluster.start(sandbox.programs)
    host = (("host", str(cluster.socket)), ("port", str(PORT)), ("user", SUPERUSER), ("dbname", "postgres"))
    try:
        yield cluster, Server(settings=host)
    finally:
        cluster.stop()
        cluster.remove()
