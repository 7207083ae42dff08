"""A stand-in for the server's socket that knows where one statement ends and the next one begins.

It passes PostgreSQL's messages on unchanged (manual, 55.7 Message Formats), so that a client behind it is the ordinary
program, and calls ``at`` at each boundary: before a request reaches the server, and after the server has answered it
but before the client knows. Whatever the client sends is seen, so no boundary can be forgotten.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Moment = Literal["before", "after"]


@dataclass(frozen=True)
class Boundary:
    """The ``number``-th request of all connections together, from 1; ``text`` is its SQL on one line."""

    number: int
    moment: Moment
    database: str
    text: str


class Cut(Exception):
    """Raised by ``at``: end this connection on both sides."""


class Proxy:
    """Listens in ``folder`` as a server does, for one client at a time; every request is numbered."""

    def __init__(self, folder: Path, server: Path, at: Callable[[Boundary], None]) -> None:
        self.folder, self.server, self.at = folder, server, at
        self.count = 0
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts; closing alone does not
        self._listener.close()
        (self.folder / ".s.PGSQL.5432").unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        upstream = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError, EOFError, Cut), client, upstream:
            upstream.connect(str(self.server / ".s.PGSQL.5432"))
            length = _exactly(client, 4)
            rest = _exactly(client, int.from_bytes(length) - 4)
            words = rest[4:].split(b"\0")
            database = dict(zip(words[::2], words[1::2], strict=False)).get(b"database", b"").decode()
            upstream.sendall(length + rest)
            client.sendall(_answer(upstream))
            while True:
                request, text = _request(client)
                if text is None:  # Terminate
                    upstream.sendall(request)
                    return
                with self._lock:
                    self.count += 1
                    number = self.count
                self.at(Boundary(number, "before", database, text))
                upstream.sendall(request)
                answer = _answer(upstream)
                self.at(Boundary(number, "after", database, text))
                client.sendall(answer)


def _exactly(source: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = source.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(source, 5)
    return head[:1], head + _exactly(source, int.from_bytes(head[1:]) - 4)


def _request(client: socket.socket) -> tuple[bytes, str | None]:
    """Messages up to Query or Sync, and the SQL in them; None for Terminate."""
    data, text = b"", ""
    while True:
        kind, message = _message(client)
        data += message
        if kind == b"Q":
            text = message[5:-1].decode()
        elif kind == b"P":
            text = message[5:].split(b"\0")[1].decode()
        elif kind == b"B" and not text:
            text = "(a prepared statement)"
        if kind == b"X":
            return data, None
        if kind in (b"Q", b"S"):
            return data, " ".join(line for line in text.split("\n") if not line.startswith("--")).strip()


def _answer(server: socket.socket) -> bytes:
    """Messages up to ReadyForQuery."""
    data = b""
    while True:
        kind, message = _message(server)
        data += message
        if kind == b"Z":
            return data
