"""apt without root: its lists, its cache and, where need be, its sources in a folder of ours."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from cronlift.errors import ServerError

_DEPENDS = (
    "--no-recommends",
    "--no-suggests",
    "--no-conflicts",
    "--no-breaks",
    "--no-replaces",
    "--no-enhances",
)


def no_server(why: str, major: int | None = None) -> ServerError:
    """The one message of a machine without pg_cron, or without the PostgreSQL that was asked for."""
    return ServerError(
        f"no PostgreSQL {f'{major} ' if major else ''}with pg_cron was found, and {why}",
        do="install PostgreSQL's package of pg_cron (Debian, Ubuntu: postgresql-NN-cron; Fedora, RHEL: "
        "pg_cron_NN; "
        "macOS: build it against Homebrew's postgresql), or name the programs with "
        "CRONLIFT_PG_BINDIR=…/bin, or "
        "leave the sandbox out and name a server of yours with --service or --dsn-env",
    )


class Apt:
    """apt with its state in a folder of its own.

    ``sources`` (lines of a sources.list) stand in for the archives this machine is configured for; then the packages
    installed here count for nothing.
    """

    def __init__(self, folder: Path, sources: str | None = None) -> None:
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
        if sources is not None:
            (folder / "sources.list").write_text(sources, encoding="utf-8")
            (folder / "status").touch()
            settings |= {
                "Dir::Etc::SourceList": folder / "sources.list",
                "Dir::Etc::SourceParts": "/dev/null",
                "Dir::State::status": folder / "status",
            }
        self._options = [f"-o{key}={value}" for key, value in settings.items()]

    def run(self, tool: str, *arguments: str, what: str, major: int | None = None) -> str:
        """What the tool prints. Raises ServerError with apt's complaint."""
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
            raise no_server(f"{what} failed ({self.complaint or 'apt gave no reason'})", major)
        return done.stdout

    def fetch(self, names: list[str], into: Path) -> None:
        """Download these packages and unpack them into a folder."""
        self.run("apt-get", "download", *names, what=f"downloading {', '.join(names)}")
        for package in sorted(self.packages.glob("*.deb")):
            subprocess.run(["dpkg", "-x", str(package), str(into)], check=True, timeout=300)  # noqa: S607
            package.unlink()

    def depends(self, *names: str) -> list[str]:
        """What these packages depend on directly; virtual packages are left out."""
        text = self.run("apt-cache", "depends", *_DEPENDS, *names, what="reading dependencies")
        return re.findall(r"^[ |]*(?:Pre)?Depends: ([^\s<:]+)", text, flags=re.MULTILINE)
