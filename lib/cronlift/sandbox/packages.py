"""Fetches PostgreSQL with pg_cron from Debian's or Ubuntu's own archive, without root and without installing
it.

apt does the work, with its lists and caches in a folder of ours: it finds the machine's configured archive
and checks signatures and hashes. ``dpkg -x`` unpacks; Debian's PostgreSQL finds its own files relative to its
programs.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from cronlift.errors import ServerError
from cronlift.sandbox import folders, libraries

_DEPENDS = (
    "--no-recommends",
    "--no-suggests",
    "--no-conflicts",
    "--no-breaks",
    "--no-replaces",
    "--no-enhances",
)
# Never fetched to mend a missing library: the C library belongs to the machine, LLVM is for JIT (off).
_NEVER = re.compile(r"libc6|libllvm|libgcc-s1|libc-bin")


def trees(cache: Path) -> Iterator[Path]:
    """The unpacked trees for this system, in the caller's own cache and the machine's shared one."""
    for folder in dict.fromkeys((cache, folders.SHARED_CACHE)):
        tree = folder / "postgresql" / _system()
        if tree.is_dir():
            yield tree


def download(cache: Path, progress: Callable[[str], None]) -> Path:
    """Download and unpack into the cache; returns the tree. Several at once wait for the first.

    Raises ServerError where this is no Debian or Ubuntu, or the archive cannot be reached; then with what to
    do.
    """
    if not all(shutil.which(tool) for tool in ("apt-get", "apt-cache", "dpkg", "ldd")):
        raise no_server("this system has no apt to download one with")
    tree = cache / "postgresql" / _system()
    folders.make(tree.parent)
    with folders.locked(tree.parent / ".lock"):
        if tree.is_dir():
            return tree
        for rest in tree.parent.glob(".new-*"):  # of a download that was killed
            shutil.rmtree(rest, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=tree.parent) as scratch:
            unpacked = _fetch(Path(scratch), progress)
            unpacked.rename(tree)
    return tree


def no_server(why: str) -> ServerError:
    """The one message of a machine without pg_cron."""
    return ServerError(
        f"no PostgreSQL with pg_cron was found, and {why}",
        do="install PostgreSQL's package of pg_cron (Debian, Ubuntu: postgresql-NN-cron; Fedora, RHEL: "
        "pg_cron_NN; "
        "macOS: build it against Homebrew's postgresql), or name the programs with "
        "CRONLIFT_PG_BINDIR=…/bin, or "
        "leave the sandbox out and name a server of yours with --service or --dsn-env",
    )


class _Apt:
    """apt with its state in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        for part in ("state/lists/partial", "cache/archives/partial", "log", "packages"):
            (folder / part).mkdir(parents=True)
        self.packages = folder / "packages"
        self.complaint = ""  # apt's last; an update that reached nobody is a success to apt
        settings = {
            "Dir::State": folder / "state",
            "Dir::State::status": "/var/lib/dpkg/status",
            "Dir::Cache": folder / "cache",
            "Dir::Log": folder / "log",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            # As root apt would download as _apt, who may not write here; otherwise it is whoever we are.
            **({"APT::Sandbox::User": "root"} if os.geteuid() == 0 else {}),
        }
        self._options = [f"-o{key}={value}" for key, value in settings.items()]

    def run(self, tool: str, *arguments: str, what: str) -> str:
        done = subprocess.run(
            [tool, "-q", *self._options, *arguments],
            cwd=self.packages,
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        complaints = re.findall(r"^[EW]: (.*)", done.stderr, flags=re.MULTILINE)
        if complaints:  # an archive's address may hold a password
            self.complaint = re.sub(r"//[^/@\s]*@", "//", complaints[0])
        if done.returncode != 0:
            raise no_server(f"{what} failed ({self.complaint or 'apt gave no reason'})")
        return done.stdout

    def fetch(self, names: list[str], into: Path) -> None:
        self.run("apt-get", "download", *names, what=f"downloading {', '.join(names)}")
        for package in sorted(self.packages.glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), str(into)], check=True, timeout=300)  # noqa: S607
            package.unlink()

    def depends(self, *names: str) -> list[str]:
        """What these packages depend on directly; virtual packages are left out."""
        text = self.run("apt-cache", "depends", *_DEPENDS, *names, what="reading dependencies")
        return re.findall(r"^[ |]*(?:Pre)?Depends: ([^\s<:]+)", text, flags=re.MULTILINE)


def _fetch(scratch: Path, progress: Callable[[str], None]) -> Path:
    apt, tree = _Apt(scratch / "apt"), scratch / "tree"
    tree.mkdir()
    progress("no PostgreSQL with pg_cron here: reading the package lists (about 10 MB, into cronlift's own cache)")
    apt.run("apt-get", "update", what="reading the package lists")
    found = apt.run("apt-cache", "search", "--names-only", "^postgresql-[0-9]+-cron$", what="looking for pg_cron")
    majors = sorted({int(n) for n in re.findall(r"^postgresql-(\d+)-cron", found, flags=re.MULTILINE)})
    if not majors:
        raise no_server(f"the configured package archive has none ({apt.complaint or 'it was reached'})")
    major = majors[-1]
    progress(f"downloading PostgreSQL {major} with pg_cron (about 20 MB)")
    names = [f"postgresql-{major}", f"postgresql-{major}-cron", f"postgresql-client-{major}", "libpq5"]
    apt.fetch(names, tree)
    _add_missing_libraries(apt, tree, names, progress)
    tree.chmod(0o755)
    return tree


def _add_missing_libraries(apt: _Apt, tree: Path, names: list[str], progress: Callable[[str], None]) -> None:
    """Follow dependencies as far as libraries are really missing on this machine: first packages that dpkg
    does not know as installed, then (a file was removed by hand) the others, one level of dependencies after
    the other."""
    seen, level = set(names), names
    while missing := libraries.missing(tree):
        level = [n for n in apt.depends(*level) if n.startswith("lib") and n not in seen and not _NEVER.match(n)]
        level = list(dict.fromkeys(level))
        if not level:
            raise no_server(f"libraries are missing on this machine: {', '.join(sorted(missing))}")
        seen.update(level)
        absent = [name for name in level if not _is_installed(name)]
        for choice in (absent, [name for name in level if name not in absent]):
            if choice and libraries.missing(tree):
                progress(f"downloading {len(choice)} libraries this machine lacks")
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


def _system() -> str:
    """A folder name for this distribution, its release and the processor."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    name = f"{release.get('ID', 'unknown')}-{release.get('VERSION_ID', '0')}-{platform.machine()}"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)
