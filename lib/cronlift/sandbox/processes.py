"""Processes by number: what they are, telling them to stop, waiting."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cronlift.errors import ServerError

_PROC = Path("/proc")


def command_line(pid: int) -> list[str]:
    """A process's arguments; empty where it is gone (or a zombie). Readable for everybody, unlike /proc/<pid>/cwd."""
    if (_PROC / "self/cmdline").exists():
        try:
            raw = (_PROC / str(pid) / "cmdline").read_bytes()
        except OSError:
            return []
        return [part for part in raw.decode(errors="surrogateescape").split("\0") if part]
    done = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)],  # noqa: S607 (macOS)
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    return done.stdout.split()


def of_user(uid: int) -> Iterator[tuple[int, list[str]]]:
    """A user's processes and their arguments; none where there is no /proc."""
    numbers = [int(p.name) for p in _PROC.iterdir() if p.name.isdigit()] if _PROC.is_dir() else []
    for pid in numbers:
        if _owner(pid) == uid:
            yield pid, command_line(pid)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone is fine. Raises ServerError for another user's process."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise ServerError("the sandbox's server belongs to another user", do="stop it as that user") from None


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true within the time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _owner(pid: int) -> int | None:
    try:
        return (_PROC / str(pid)).stat().st_uid
    except OSError:
        return None
