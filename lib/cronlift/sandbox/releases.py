"""PostgreSQL of another Debian release than the machine's: its packages, run by their own C library.

A program of a newer release does not run on an older C library. Its tree therefore holds the release's C library as
well, and in the place of each program a few lines of shell that call it through that library's loader. Nothing outside
the tree is used but the time zones; no root and no chroot are needed.
"""

from __future__ import annotations

import platform
from pathlib import Path

from cronlift.errors import ServerError
from cronlift.sandbox import libraries
from cronlift.sandbox.apt import Apt, no_server

# The release of Debian that brings each major version of PostgreSQL (the package postgresql-NN-cron). Older ones have
# a loader without --argv0 (glibc 2.33), by which PostgreSQL finds its files.
RELEASES = {15: "bookworm", 17: "trixie"}

C_LIBRARY = ("libc6", "libgcc-s1")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_WRAPPER = """\
#!/bin/sh
tree=${{0%/usr/lib/postgresql/*}}
exec "$tree/{loader}" --inhibit-cache --library-path "{path}" --argv0 "$0" "$tree/{program}" "$@"
"""


def sources(machine: Apt, major: int) -> str:
    """The line of a sources.list for the release that has this PostgreSQL, from the archive the machine is configured
    for; ``machine`` has read its lists. Raises ServerError where no release has it or this is no Debian."""
    release = RELEASES.get(major)
    if release is None:
        have = " and ".join(map(str, sorted(RELEASES)))
        raise no_server(f"Debian's releases have {have}", major)
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    listed = machine.run(
        "apt-get", "indextargets", "--format", form, "Created-By: Packages", what="reading the sources"
    )
    own = codename()
    for address, suite, component in (line.split() for line in listed.splitlines() if line.count(" ") == 2):
        if (suite, component) == (own, "main"):
            signed = f"[signed-by={_KEYRING}] " if _KEYRING.is_file() else ""
            return f"deb {signed}{address} {release} main\n"
    raise no_server("the configured package archive is not Debian's, which has it", major)


def wrap(tree: Path) -> None:
    """Put a call through the tree's own loader in the place of each program. The tree may be moved afterwards.

    Raises ServerError where the tree has no loader.
    """
    loader = libraries.loader(tree)
    if loader is None:
        raise ServerError(
            "the downloaded packages hold no C library", where=str(tree), do="remove that folder and try again"
        )
    path = ":".join(f"$tree/{folder.relative_to(tree)}" for folder in libraries.folders(tree))
    for bindir in tree.glob("usr/lib/postgresql/*/bin"):
        programs = bindir.with_name("programs")
        bindir.rename(programs)
        bindir.mkdir(mode=0o755)
        for program in programs.iterdir():
            wrapper = bindir / program.name
            wrapper.write_text(
                _WRAPPER.format(loader=loader.relative_to(tree), path=path, program=program.relative_to(tree)),
                encoding="utf-8",
            )
            wrapper.chmod(0o755)


def codename() -> str | None:
    """The machine's release of Debian; None where it is something else."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return None
    return release.get("VERSION_CODENAME") if release.get("ID") == "debian" else None
