"""Fetches PostgreSQL with pg_cron from Debian's or Ubuntu's own archive, without root and without installing
it.

apt does the work, with its lists and caches in a folder of ours: it finds the machine's configured archive
and checks signatures and hashes. ``dpkg -x`` unpacks; Debian's PostgreSQL finds its own files relative to its
programs. A major version that the machine's release does not have comes from the Debian release that has it
(``releases``).
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from cronlift.sandbox import folders, libraries, releases
from cronlift.sandbox.apt import Apt, no_server

# Never fetched to mend a missing library: the C library belongs to the machine (or came with the programs), LLVM is
# for JIT (off).
_NEVER = re.compile(r"libc6|libllvm|libgcc-s1|libc-bin")


def trees(cache: Path, major: int | None = None) -> Iterator[Path]:
    """The unpacked trees for this system, in the caller's own cache and the machine's shared one; with ``major`` the
    ones that were fetched for that version as well."""
    for folder in dict.fromkeys((cache, folders.SHARED_CACHE)):
        for name in dict.fromkeys((_system(), _system(major))):
            tree = folder / "postgresql" / name
            if tree.is_dir():
                yield tree


def download(cache: Path, progress: Callable[[str], None], major: int | None = None) -> Path:
    """Download and unpack into the cache; returns the tree. Several at once wait for the first.

    ``major``: that version of PostgreSQL; otherwise the newest in the machine's archive.
    Raises ServerError where this is no Debian or Ubuntu, or the archive cannot be reached; then with what to
    do.
    """
    if not all(shutil.which(tool) for tool in ("apt-get", "apt-cache", "dpkg", "ldd")):
        raise no_server("this system has no apt to download one with", major)
    tree = cache / "postgresql" / _system(major)
    folders.make(tree.parent)
    with folders.locked(tree.parent / ".lock"):
        if tree.is_dir():
            return tree
        for rest in tree.parent.glob(".new-*"):  # of a download that was killed
            shutil.rmtree(rest, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=tree.parent) as scratch:
            unpacked = _fetch(Path(scratch), progress, major)
            unpacked.rename(tree)
    return tree


def add(tree: Path, package: str, major: int, progress: Callable[[str], None]) -> None:
    """Download one more package of the same archive into an unpacked tree; ``NN`` in its name stands for the version.

    Raises ServerError where it cannot be had.
    """
    name = package.replace("NN", str(major))
    with (
        folders.locked(tree.parent / ".lock"),
        tempfile.TemporaryDirectory(prefix=".new-", dir=tree.parent) as scratch,
    ):
        progress(f"downloading {name}")
        apt = Apt(Path(scratch) / "apt")
        if major not in _read_lists(apt, major):
            apt = Apt(Path(scratch) / "release", releases.sources(apt, major))
            _read_lists(apt, major)
        apt.fetch([name], tree)


def _fetch(scratch: Path, progress: Callable[[str], None], wanted: int | None) -> Path:
    apt, tree = Apt(scratch / "apt"), scratch / "tree"
    tree.mkdir()
    what = f"PostgreSQL {wanted}" if wanted else "PostgreSQL"
    progress(f"no {what} with pg_cron here: reading the package lists (about 10 MB, into cronlift's own cache)")
    majors = _read_lists(apt, wanted)
    if wanted is None and not majors:
        raise no_server(f"the configured package archive has none ({apt.complaint or 'it was reached'})")
    major = wanted or max(majors)
    foreign = major not in majors
    if foreign:
        apt = Apt(scratch / "release", releases.sources(apt, major))
        progress(f"this machine's release has no PostgreSQL {major}: taking it from Debian {releases.RELEASES[major]}")
        if major not in _read_lists(apt, major):
            raise no_server(f"the archive of Debian {releases.RELEASES[major]} has none ({apt.complaint})", major)
    progress(f"downloading PostgreSQL {major} with pg_cron (about {45 if foreign else 20} MB)")
    names = [f"postgresql-{major}", f"postgresql-{major}-cron", f"postgresql-client-{major}", "libpq5"]
    apt.fetch([*names, *(releases.C_LIBRARY if foreign else ())], tree)
    _add_missing_libraries(apt, tree, names, progress)
    if foreign:
        releases.wrap(tree)
    tree.chmod(0o755)
    return tree


def _read_lists(apt: Apt, major: int | None) -> set[int]:
    """The major versions of PostgreSQL with pg_cron that the archive has."""
    apt.run("apt-get", "update", what="reading the package lists", major=major)
    found = apt.run("apt-cache", "search", "--names-only", "^postgresql-[0-9]+-cron$", what="looking for pg_cron")
    return {int(n) for n in re.findall(r"^postgresql-(\d+)-cron", found, flags=re.MULTILINE)}


def _add_missing_libraries(apt: Apt, tree: Path, names: list[str], progress: Callable[[str], None]) -> None:
    """Follow dependencies as far as libraries are really missing: first packages that dpkg does not know as
    installed, then (a file was removed by hand) the others, one level of dependencies after the other. A tree
    with a C library of its own gets them all."""
    own = libraries.loader(tree) is not None
    seen, level = set(names), names
    while missing := libraries.missing(tree):
        level = [n for n in apt.depends(*level) if re.match("lib|zlib", n) and n not in seen and not _NEVER.match(n)]
        level = list(dict.fromkeys(level))
        if not level:
            raise no_server(f"libraries are missing on this machine: {', '.join(sorted(missing))}")
        seen.update(level)
        absent = [name for name in level if own or not _is_installed(name)]
        for choice in (absent, [name for name in level if name not in absent]):
            if choice and libraries.missing(tree):
                progress(f"downloading {len(choice)} libraries {'it needs' if own else 'this machine lacks'}")
                apt.fetch(choice, tree)


def _is_installed(name: str) -> bool:
    done = subprocess.run(
        ["dpkg-query", "-W", "-f=${db:Status-Status}", name],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return "installed" in done.stdout.replace("not-installed", "")


def _system(major: int | None = None) -> str:
    """A folder name for this distribution, its release and the processor, and the PostgreSQL asked for."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    name = f"{release.get('ID', 'unknown')}-{release.get('VERSION_ID', '0')}-{platform.machine()}"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name) + (f"-postgresql-{major}" if major else "")
