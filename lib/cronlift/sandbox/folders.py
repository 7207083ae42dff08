"""Where the sandbox keeps what: programs in the cache, data in the state folder, the socket under /tmp."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from cronlift.errors import ServerError, UsageError
from cronlift.sandbox.account import Account

SHARED_CACHE = Path("/var/cache/cronlift")
_LOCK_WAIT = 600  # seconds another cronlift may take (a download on a slow line)
_SOCKET_LIMIT = 107  # bytes of a socket's path (unix(7)), ".s.PGSQL.5432.lock" not counted


def check_name(name: str) -> None:
    """Raises UsageError for a sandbox name that is not a short plain word."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name):
        raise UsageError(
            f"{name!r} is no name for a sandbox",
            do="use at most 32 of a-z, 0-9, - and _, starting with a-z or 0-9",
        )


def cache(account: Account) -> Path:
    """The folder for unpacked packages: as XDG says; as root one that the server's user can enter (/root is
    0700)."""
    return _choose(account, "XDG_CACHE_HOME", Path(".cache"), SHARED_CACHE)


def state(account: Account) -> Path:
    """The folder for the sandboxes' data, chosen as ``cache`` is."""
    return _choose(account, "XDG_STATE_HOME", Path(".local/state"), Path("/var/lib/cronlift"))


def socket(account: Account, name: str) -> Path:
    """The folder for one sandbox's socket: short, and private to the server's user."""
    return Path(f"/tmp/cronlift-{account.uid}/{name}")  # noqa: S108 (owner and mode are checked before use)


def _choose(account: Account, variable: str, below_home: Path, of_root: Path) -> Path:
    named = os.environ.get(variable, "")
    chosen = Path(named) / "cronlift" if named.startswith("/") else None  # XDG: relative paths count as unset
    if not account.switched:
        return chosen or Path.home() / below_home / "cronlift"
    return chosen if chosen is not None and account.reaches(chosen) else of_root


def make(folder: Path) -> None:
    """Create a folder that everybody may enter, parents included, whatever the umask."""
    missing = [f for f in (folder, *folder.parents) if not f.exists()]
    try:
        for part in reversed(missing):
            part.mkdir(exist_ok=True)
            part.chmod(0o755)
    except OSError as error:
        raise ServerError(
            f"cannot create a folder: {error.strerror}",
            where=str(folder),
            do="make it writable, or set XDG_CACHE_HOME and XDG_STATE_HOME to folders that are",
        ) from error


def make_private(folder: Path, account: Account) -> None:
    """Create a folder for the server's user alone. Raises ServerError where somebody else made it first."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        info = folder.lstat()
        if info.st_uid == os.geteuid() and info.st_uid != account.uid:
            account.give(folder)
            info = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or info.st_uid != account.uid:
            raise ServerError(
                "the folder belongs to somebody else",
                where=str(folder),
                do="look at whose it is, and remove it",
            )
        folder.chmod(0o700)
    except OSError as error:
        raise ServerError(
            f"cannot create a private folder: {error.strerror}", where=str(folder), do="see whose its parent folder is"
        ) from error
    longest = len(os.fsencode(folder / ".s.PGSQL.5432"))
    assert longest <= _SOCKET_LIMIT


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold ``path`` as a lock file; waits for another cronlift that holds it, with an end.

    Whoever holds it may delete it: those who waited notice, and lock the new one.
    """
    make(path.parent)
    end = time.monotonic() + _LOCK_WAIT
    while (handle := _try_lock(path)) is None:
        if time.monotonic() > end:
            raise ServerError("another cronlift is busy with this sandbox", where=str(path), do="wait for it to end")
        time.sleep(0.1)
    with handle:
        yield


def _try_lock(path: Path) -> IO[str] | None:
    try:
        handle = path.open("a")
    except OSError as error:
        raise ServerError(
            f"cannot write the lock file: {error.strerror}", where=str(path), do="make it writable, or make room"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle.fileno()), path.stat()):
            return handle
    except (BlockingIOError, FileNotFoundError):
        pass
    handle.close()
    return None
