"""A server that may be restarted at any moment, and commands that are struck at a chosen statement boundary."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from boundary_proxy import Boundary, Cut, Proxy
from clients import Clients, Ended

from cronlift import sandbox as private
from cronlift.sandbox import folders
from cronlift.sandbox.account import server_account
from cronlift.sandbox.cluster import Cluster

BLOWS = ("client killed", "server restarted")

At = Callable[[int, Boundary], None]


class Fragile:
    """A server of a module's own, that may be restarted at any moment."""

    def __init__(self, word: str = "fragile") -> None:
        self.name = f"pytest-{os.getpid()}-{word}"
        self.sandbox = private.up(self.name)
        account = server_account()
        home = folders.state(account) / "sandbox" / self.name
        self.cluster = Cluster(self.name, home, folders.socket(account, self.name), account)

    def restart_at_once(self) -> None:
        """pg_ctl stop -m immediate, and start: what a power cut does to the processes."""
        pid = self.cluster.pid()
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        while self.cluster.pid() is not None:
            time.sleep(0.01)
        self.cluster.start(self.sandbox.programs)

    def wait_for_clients(self) -> None:
        """Until the server has noticed that its clients are gone."""
        with self.sandbox.server("template1").connect() as connection:
            connection.autocommit = True
            question = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cronlift' AND pid <> %s"
            for _ in range(500):
                if connection.execute(question, (connection.info.backend_pid,)).fetchone() == (0,):
                    return
                time.sleep(0.02)
        raise AssertionError("the killed client's sessions stay")

    def act(self, clients: Clients, arguments: list[str], database: str, at: At) -> Ended:
        """Run a command through a proxy; ``at`` is given the client's process id and each boundary."""
        place = Path(tempfile.mkdtemp(prefix="cronlift-proxy-"))
        pids: list[int] = []
        proxy = Proxy(place, self.sandbox.socket, lambda boundary: at(pids[0], boundary))
        try:
            environment = {**self.sandbox.environment, "PGHOST": str(place), "PGDATABASE": database}
            return clients.run(arguments, environment, pids.append)
        finally:
            proxy.close()
            shutil.rmtree(place)

    def striker(self, wanted: Boundary, blow: str) -> At:
        """What strikes once, at this boundary: the client is killed, or the server restarted under it."""
        struck: list[Boundary] = []

        def at(pid: int, boundary: Boundary) -> None:
            if struck or (boundary.number, boundary.moment) != (wanted.number, wanted.moment):
                return
            struck.append(boundary)
            assert boundary.text == wanted.text
            if blow == "client killed":
                os.kill(pid, signal.SIGKILL)
            else:
                self.restart_at_once()
            raise Cut

        return at


def unharmed(pid: int, boundary: Boundary) -> None:
    """Nothing happens at any boundary."""
