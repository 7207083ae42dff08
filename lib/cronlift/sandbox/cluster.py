"""One data directory and the server process on it: made, configured, started, stopped, tidied after a
crash."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cronlift.errors import ServerError
from cronlift.sandbox import folders, processes
from cronlift.sandbox.account import Account
from cronlift.sandbox.binaries import Binaries

SUPERUSER = "postgres"
PORT = 5432
_START = 60  # seconds
_FAST, _IMMEDIATE, _KILL = 20.0, 10.0, 5.0  # seconds for each way to stop, one after the other


@dataclass(frozen=True)
class Cluster:
    """The places of one sandbox's server. ``home`` is the sandbox's own folder, ``socket`` the socket's
    folder."""

    name: str
    home: Path
    socket: Path
    account: Account

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """The server's log of its current run."""
        return self.home / "server.log"

    @property
    def title(self) -> str:
        """cluster_name: in every process's title, and different for the same name in another state folder."""
        return f"cronlift {self.name} {hashlib.sha256(os.fsencode(self.data)).hexdigest()[:8]}"

    def major(self) -> int | None:
        """PostgreSQL's major version that made the data, or None where there is no (whole) data directory."""
        try:
            return int((self.data / "PG_VERSION").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None

    def pid(self) -> int | None:
        """The running server's process id. A postmaster.pid left by a crash does not count, also where its
        number has been given to some other process since: the process must have been started on this data
        directory."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if str(self.data) in processes.command_line(pid) else None

    def initialise(self, binaries: Binaries) -> None:
        """Make the data directory where there is none; one that was being made in a crash is made anew."""
        if self.major() is not None:
            return
        half_made = self.home / "data.new"
        for rest in (half_made, self.data):
            if rest.exists():
                shutil.rmtree(rest)
        # C.UTF-8 comes with the C library on Debian and Ubuntu; C is everywhere.
        for locale in ("C.UTF-8", "C"):
            done = self._run(
                binaries,
                "initdb",
                f"--pgdata={half_made}",
                f"--username={SUPERUSER}",
                "--auth=trust",
                "--encoding=UTF8",
                f"--locale={locale}",
                "--no-sync",
                "--no-instructions",
            )
            if done.returncode == 0:
                half_made.rename(self.data)
                return
            shutil.rmtree(half_made, ignore_errors=True)
        raise ServerError("initdb failed", where=str(self.data), do=_last_words(done.stdout))

    def configure(self, settings: dict[str, str]) -> bool:
        """Write postgresql.conf and pg_hba.conf; returns whether that changed anything."""
        changed = False
        lines = "".join(f"{key} = {_quoted(value)}\n" for key, value in settings.items())
        # Everybody who can enter the 0700 folder of the socket is let in: that is its owner and root.
        for file, text in (
            ("postgresql.conf", f"# Written by cronlift; changes made here are lost.\n{lines}"),
            ("pg_hba.conf", "local all all trust\n"),
        ):
            path = self.data / file
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                self.account.give(path)
                changed = True
        return changed

    def start(self, binaries: Binaries) -> int:
        """Start the server and wait until it answers; returns its process id. Raises ServerError with its
        last words."""
        self.tidy()
        done = self._run(
            binaries,
            "pg_ctl",
            "start",
            f"--pgdata={self.data}",
            f"--log={self.log}",
            "-w",
            f"--timeout={_START}",
            "-s",
        )
        pid = self.pid()
        if done.returncode != 0 or pid is None:
            words = _last_words(self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else "")
            raise ServerError("the sandbox's server did not start", where=str(self.log), do=f"its last words: {words}")
        return pid

    def stop(self) -> bool:
        """Stop the server by process id: fast, after a bounded wait immediately (a COPY command makes pg_cron
        1.4.2's launcher ignore anything less), at last by force. Returns whether one was running."""
        pid = self.pid()
        if pid is None:
            self.tidy()
            return False
        for number, seconds in (
            (signal.SIGINT, _FAST),
            (signal.SIGQUIT, _IMMEDIATE),
            (signal.SIGKILL, _KILL),
        ):
            processes.send(pid, number)
            if processes.wait_for(lambda: self.pid() is None, seconds):
                break
        self.tidy()
        return True

    def tidy(self) -> None:
        """Remove what a crash left: processes whose postmaster is dead, postmaster.pid, the socket, the old
        log. Does nothing while the server runs."""
        if self.pid() is not None:
            return
        for number in (signal.SIGQUIT, signal.SIGKILL):
            for orphan in self._orphans():
                processes.send(orphan, number)
            if processes.wait_for(lambda: not self._orphans(), 5.0):
                break
        leftovers = [self.data / "postmaster.pid", *self.socket.glob(".s.PGSQL.*")]
        for path in leftovers:
            path.unlink(missing_ok=True)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))

    def remove(self) -> None:
        """Delete everything of a stopped sandbox."""
        for folder in (self.home, self.socket):
            if folder.exists():
                shutil.rmtree(folder)

    def make_folders(self) -> None:
        """Create the folders for data and socket, private to the server's user."""
        folders.make(self.home.parent)
        folders.make_private(self.home, self.account)
        folders.make_private(self.socket.parent, self.account)
        folders.make_private(self.socket, self.account)

    def _orphans(self) -> list[int]:
        """Processes with our title; or, where a loader stands before the program and leaves the title little room,
        with the arguments their postmaster was started with."""
        title, data = f"postgres: {self.title}", str(self.data)
        return [
            pid
            for pid, arguments in processes.of_user(self.account.uid)
            if title in " ".join(arguments)
            or (data in arguments and any(Path(argument).name == "postgres" for argument in arguments))
        ]

    def _run(self, binaries: Binaries, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Not through a pipe: the server would inherit it and keep it open.
        output = self.home / f"{program}.log"
        with output.open("w", encoding="utf-8") as handle:
            done = subprocess.run(
                [binaries.program(program), *arguments],
                cwd=self.home,
                env={**binaries.environment(), "HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                timeout=_START * 3,
                check=False,
                start_new_session=True,  # Ctrl-C in the terminal must not reach the server
                **self.account.switch(),
            )
        text = output.read_text(encoding="utf-8", errors="replace")
        output.unlink()
        return subprocess.CompletedProcess(done.args, done.returncode, stdout=text)


def settings(cluster: Cluster, cron_database: str, *, background_workers: bool) -> dict[str, str]:
    """The server's settings. Durability is off: what lies in a sandbox can be made again."""
    return {
        "cluster_name": cluster.title,
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(cluster.socket),
        "unix_socket_permissions": "0700",
        "shared_preload_libraries": "pg_cron",
        "cron.database_name": cron_database,
        # libpq mode over the socket: with background workers pg_cron 1.4.2 records false end times.
        "cron.use_background_workers": "on" if background_workers else "off",
        "cron.host": str(cluster.socket),
        "max_connections": "100",
        "shared_buffers": "32MB",
        "jit": "off",  # its library needs LLVM, which is not fetched
        "fsync": "off",
        "full_page_writes": "off",
        "wal_level": "logical",  # the effect proof reads from the log what a run changed
        "max_wal_senders": "0",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "lc_messages": "C",
        "default_text_search_config": "pg_catalog.english",
    }


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _last_words(text: str) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-5:]) or "none"
