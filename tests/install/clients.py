"""Command-line clients as processes of their own, quick to start: each is forked off a process that has imported
cronlift and done nothing else.

Run as a program, this reads one JSON line per client (``arguments``, ``environment``, ``output``), and answers with
the client's process id and, when it has ended, its exit code (negative: the signal that killed it).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ended:
    """A client that has ended: its exit code, or minus the number of the signal that killed it, and what it said."""

    code: int
    said: str


class Clients:
    """Starts clients one after the other (``begun`` is told the process id before the client does anything)."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "client.txt"
        self._forker = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def run(
        self, arguments: list[str], environment: dict[str, str], begun: Callable[[int], None] = lambda pid: None
    ) -> Ended:
        pipe_in, pipe_out = self._forker.stdin, self._forker.stdout
        assert pipe_in and pipe_out
        order = {"arguments": arguments, "environment": environment, "output": str(self.output)}
        print(json.dumps(order), file=pipe_in, flush=True)
        begun(int(pipe_out.readline()))
        print("go", file=pipe_in, flush=True)
        code = int(pipe_out.readline())
        return Ended(code, self.output.read_text(encoding="utf-8"))

    def close(self) -> None:
        with self._forker:  # leaving closes the pipes, at which it ends, and waits
            pass


def _serve() -> None:
    from cronlift.commands.main import main

    while line := sys.stdin.readline():
        order = json.loads(line)
        ready, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(go)
            os.read(ready, 1)
            os.environ.update(order["environment"])
            descriptor = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            code = main(order["arguments"])
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        os.close(ready)
        print(pid, flush=True)
        sys.stdin.readline()
        os.write(go, b"g")
        os.close(go)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
