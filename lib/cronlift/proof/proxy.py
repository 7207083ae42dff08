"""A proxy between a command and the server that writes down which statements pass.

It works with any role, needs no setting of the server and no file of its log: the protocol's own messages are read
(manual, 55.7). A socket in a folder that only we can enter, and a port on the loopback that lets in only processes of
our own user. TLS is answered with "no"; passwords pass through.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102
_PORT = 5432


@dataclass
class Sent:
    """The statements in the order they were executed, each with how often in a row its text came (``BEGIN`` counts)."""

    texts: list[str] = field(default_factory=list)
    sessions: int = 0


class Proxy:
    """A running proxy to ``target`` (the folder of a Unix socket or a host, and the port); a context manager."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.sent = Sent()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._scratch = tempfile.TemporaryDirectory(prefix="cronlift-")
        self.folder = self._scratch.name
        self._listeners = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_INET)]
        self._listeners[0].bind(str(Path(self.folder) / f".s.PGSQL.{_PORT}"))
        self._listeners[1].bind(("127.0.0.1", 0))
        self.port = int(self._listeners[1].getsockname()[1])
        self.socket_port = _PORT
        self._open: set[socket.socket] = set()

    def __enter__(self) -> Proxy:
        for listener in self._listeners:
            listener.listen(64)
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._scratch.cleanup()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                client, address = listener.accept()
            except OSError:
                return
            if listener.family == socket.AF_INET and not _ours(address[1]):
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ConnectionError), client:
            start = self._greeting(client)
            if start is None:
                return
            with self._connected() as server:
                with self._lock:
                    self._open |= {client, server}
                    self.sent.sessions += 1
                server.sendall(start)
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                self._forward(client, server)
                with contextlib.suppress(OSError):
                    server.shutdown(socket.SHUT_WR)
                back.join()

    def _greeting(self, client: socket.socket) -> bytes | None:
        """The start-up packet, after every question about encryption has been answered with no."""
        while True:
            head = _exactly(client, 8)
            size, code = struct.unpack("!II", head)
            if code in (_SSL, _GSS):
                client.sendall(b"N")
                continue
            return head + _exactly(client, size - 8) if 8 <= size <= 65536 else None

    def _connected(self) -> socket.socket:
        host, port = self._target
        if host.startswith("/"):
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{host}/.s.PGSQL.{port}")
            return server
        return socket.create_connection((host, port))

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        """Pass the client's messages on; each is written down before it goes."""
        names: dict[bytes, str] = {}
        portals: dict[bytes, str] = {}
        while True:
            head = _exactly(client, 5)
            kind, size = head[:1], struct.unpack("!I", head[1:])[0]
            body = _exactly(client, size - 4)
            if kind == b"Q":
                self._note(_text(body))
            elif kind == b"P":
                name, text = body.split(b"\0", 2)[:2]
                names[name] = _text(text)
            elif kind == b"B":
                portal, name = body.split(b"\0", 2)[:2]
                portals[portal] = names.get(name, "?")
            elif kind == b"E":
                self._note(portals.get(body.split(b"\0", 1)[0], "?"))
            server.sendall(head + body)
            if kind == b"X":
                return

    def _note(self, text: str) -> None:
        if text.strip():
            with self._lock:
                self.sent.texts.append(text)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _exactly(source: socket.socket, size: int) -> bytes:
    parts = []
    while size > 0:
        data = source.recv(min(size, 1 << 20))
        if not data:
            raise ConnectionError
        parts.append(data)
        size -= len(data)
    return b"".join(parts)


def _text(body: bytes) -> str:
    return body.rstrip(b"\0").decode(errors="replace")


def _ours(port: int) -> bool:
    """Whether the process at the other end of a loopback connection is of our own user (or root).

    ``/proc/net/tcp`` names the owner of every socket (proc(5)); where there is none (no Linux) nobody is let in.
    """
    try:
        lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return False
    wanted = f"0100007F:{port:04X}" if _little() else f"7F000001:{port:04X}"
    owners = {int(columns[7]) for line in lines if (columns := line.split())[1] == wanted}
    return bool(owners) and owners <= {os.getuid(), 0}


def _little() -> bool:
    return struct.pack("=H", 1) == struct.pack("<H", 1)
