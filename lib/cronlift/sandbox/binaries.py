"""Finds a PostgreSQL that has pg_cron."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cronlift.errors import ServerError, UsageError
from cronlift.sandbox import folders, libraries, packages
from cronlift.sandbox.account import Account

VARIABLE = "CRONLIFT_PG_BINDIR"
MAJOR_VARIABLE = "CRONLIFT_PG_MAJOR"
ZONES = Path("/usr/share/zoneinfo")

# Where distributions and Homebrew put the programs of each major version.
_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)


@dataclass(frozen=True)
class Binaries:
    """PostgreSQL's programs with pg_cron beside them; ``library_path`` is for LD_LIBRARY_PATH."""

    bindir: Path
    major: int
    library_path: tuple[Path, ...] = ()

    def program(self, name: str) -> str:
        """The path of one of PostgreSQL's programs."""
        return str(self.bindir / name)

    def environment(self) -> dict[str, str]:
        """An environment for these programs: nothing of the caller's but PATH and the terminal's kind."""
        kept = {k: v for k in ("PATH", "TERM", "TMPDIR") if (v := os.environ.get(k))}
        return {
            "PATH": os.defpath,
            "LC_ALL": "C",
            "TZ": "UTC",
            **kept,
            **libraries.environment(self.library_path),
        }


def asked_for() -> int | None:
    """The major version that CRONLIFT_PG_MAJOR names, None where it is not set. Raises UsageError for another text."""
    text = os.environ.get(MAJOR_VARIABLE, "")
    if not text:
        return None
    if not re.fullmatch(r"[1-9][0-9]?", text):
        raise UsageError(f"{MAJOR_VARIABLE} is {text!r}", do="set it to a major version of PostgreSQL, say 17")
    return int(text)


def find(account: Account, progress: Callable[[str], None], major: int | None = None) -> Binaries:
    """The PostgreSQL to use: the one CRONLIFT_PG_BINDIR names, else an installed one with pg_cron, else one
    from the cache, else one downloaded into it; ``major`` leaves only that version. Raises ServerError where there is
    none and none can be had."""
    named = os.environ.get(VARIABLE)
    if named:
        return _named(Path(named), account, major)
    for folder in _installed():
        binaries = inspect(folder)
        if binaries is not None and major in (None, binaries.major) and account.reaches(folder):
            return binaries
    own = folders.cache(account)
    for tree in packages.trees(own, major):
        unpacked = _in_tree(tree, major)
        if unpacked is not None and account.reaches(unpacked.bindir):
            return unpacked
    tree = packages.download(own, progress, major)
    unpacked = _in_tree(tree, major)
    if unpacked is None:
        raise ServerError(
            "the downloaded packages hold no PostgreSQL with pg_cron", where=str(tree), do=f"remove {tree}"
        )
    return _reachable(unpacked, account)


def _named(bindir: Path, account: Account, major: int | None) -> Binaries:
    binaries = inspect(bindir)
    if binaries is None:
        raise ServerError(
            f"{VARIABLE} names no folder of PostgreSQL programs with pg_cron beside them",
            where=str(bindir),
            do="name the bin folder of a PostgreSQL (initdb, postgres, pg_ctl) that has the extension pg_cron",
        )
    if major not in (None, binaries.major):
        raise ServerError(
            f"PostgreSQL {major} was asked for, and {VARIABLE} names a PostgreSQL {binaries.major}",
            where=str(bindir),
            do=f"unset {VARIABLE}, or name another one",
        )
    return _reachable(binaries, account)


def _in_tree(tree: Path, major: int | None = None) -> Binaries | None:
    """The programs in a tree of Debian's or Ubuntu's packages; they read the machine's time zones at a fixed path."""
    found = [b for folder in sorted(tree.glob("usr/lib/postgresql/*/bin")) if (b := inspect(folder)) is not None]
    found = [b for b in found if major in (None, b.major)]
    if found and not ZONES.is_dir():
        raise ServerError(
            "this machine has no time zones, and PostgreSQL needs them",
            where=str(ZONES),
            do="install the package tzdata (apt-get install tzdata)",
        )
    return found[0] if found else None


def inspect(bindir: Path) -> Binaries | None:
    """The programs in ``bindir``, or None where some are missing or pg_cron is not beside them."""
    if not all(os.access(bindir / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres")):
        return None
    library_path = libraries.beside(bindir)
    environment = {**os.environ, **libraries.environment(library_path)}
    version = re.search(
        r"\(PostgreSQL\) "
        r"(\d+)",
        _output([str(bindir / "postgres"), "--version"], environment),
    )
    if version is None:
        return None
    major = int(version[1])
    for share, lib in _extension_folders(bindir, major, environment):
        if (share / "extension/pg_cron.control").is_file() and any(
            (lib / f"pg_cron{suffix}").is_file() for suffix in (".so", ".dylib")
        ):
            return Binaries(bindir, major, library_path)
    return None


def _installed() -> Iterator[Path]:
    found = [Path(p) for place in _PLACES for p in Path("/").glob(place.lstrip("/"))]
    found.sort(key=lambda p: [int(n) for n in re.findall(r"\d+", str(p))], reverse=True)
    config = shutil.which("pg_config")
    if config:
        named = _output([config, "--bindir"], dict(os.environ)).strip()
        if named:
            yield Path(named)
    yield from found


def _extension_folders(bindir: Path, major: int, environment: dict[str, str]) -> Iterator[tuple[Path, Path]]:
    config = bindir / "pg_config"
    if os.access(config, os.X_OK):
        lines = _output([str(config), "--sharedir", "--pkglibdir"], environment).splitlines()
        if len(lines) == 2:
            yield Path(lines[0]), Path(lines[1])
    yield bindir.parents[3] / "share/postgresql" / str(major), bindir.parent / "lib"  # Debian's layout


def _reachable(binaries: Binaries, account: Account) -> Binaries:
    if account.reaches(binaries.bindir):
        return binaries
    raise ServerError(
        "the user the server runs as cannot enter the folder of its programs",
        where=str(binaries.bindir),
        do="put it where everybody may read (as root the server runs as another user)",
    )


def _output(command: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
