"""One page acts on a run folder; a second one (another tab with a kernel of its own) only looks.

The lock is on the folder itself, so that it leaves no file, and it goes with the kernel that holds it.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from cronlift.errors import UsageError


class PageLock:
    """Held from the first action on a folder until the page turns to another one, or its kernel ends."""

    def __init__(self) -> None:
        self._held: dict[Path, int] = {}

    def take(self, folder: Path) -> None:
        """Hold ``folder`` (made where it is not there). Raises UsageError where another page holds it."""
        if folder in self._held:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise UsageError(
                f"cannot use the run folder: {error.strerror}", where=str(folder), do="name a folder you may write to"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise UsageError(
                "another walkthrough works on this run folder; here you can look, not act",
                where=str(folder),
                do="go on in the other tab, or shut its kernel down and try again, or name another run folder",
            ) from None
        self.leave()
        self._held[folder] = descriptor

    def leave(self) -> None:
        """Let go of whatever is held."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()
