"""Finds PostgreSQL's client programs (pg_dump, pg_restore), whoever brought them: the machine or cronlift's cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cronlift.sandbox import binaries, folders, libraries, packages
from cronlift.sandbox.account import server_account


@dataclass(frozen=True)
class Clients:
    """A folder of client programs, and what they need in their environment."""

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """The path of one program."""
        return str(self.folder / name)

    @property
    def environment(self) -> dict[str, str]:
        """Where their libraries are, when the programs were unpacked and not installed."""
        return libraries.environment(libraries.beside(self.folder))


def find(major: int) -> Clients | None:
    """Clients that are not older than a server of this major version (older ones refuse it), the nearest first."""
    found = {
        place: clients
        for place in _places(major)
        if place.is_dir() and (clients := _inspect(place)) is not None and clients.major >= major
    }
    return min(found.values(), key=lambda clients: clients.major, default=None)


def _places(major: int) -> Iterator[Path]:
    if named := os.environ.get(binaries.VARIABLE):
        yield Path(named)
    if here := shutil.which("pg_dump"):
        yield Path(here).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for tree in packages.trees(folders.cache(server_account()), major):
        yield from sorted(tree.glob("usr/lib/postgresql/*/bin"), reverse=True)


def _inspect(folder: Path) -> Clients | None:
    if not all(os.access(folder / name, os.X_OK) for name in ("pg_dump", "pg_restore")):
        return None
    environment = {**os.environ, **libraries.environment(libraries.beside(folder))}
    try:
        done = subprocess.run(
            [str(folder / "pg_dump"), "--version"],
            env=environment, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return Clients(folder, int(version[1])) if version and done.returncode == 0 else None
