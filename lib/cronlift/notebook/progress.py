"""What a stage reports while it runs, line by line, to whoever watches (the walkthrough's page).

A stage runs in a kernel of its own; a file outside of the run folder is the one way to look in. Without a
watcher nothing is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = "CRONLIFT_PROGRESS"
"""The environment variable that names the watcher's file, set for the kernels of a run that is watched."""


def report(**event: Any) -> None:
    """Append one event (JSON-like values); ``text`` is what a person reads. Nothing where nobody watches."""
    name = os.environ.get(FILE)
    if not name:
        return
    with Path(name).open("a", encoding="utf-8") as stream:
        stream.write(line(**event))


def line(**event: Any) -> str:
    """An event as it stands in the file."""
    return json.dumps(event, ensure_ascii=False, default=str) + "\n"


class Follower:
    """Reads the events that have come since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def events(self) -> Iterator[dict[str, Any]]:
        """The new events; a line that is not whole yet waits for the next look."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._at)
                new = stream.read()
        except FileNotFoundError:
            return
        whole = new[: new.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            yield json.loads(line)
