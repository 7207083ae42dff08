"""Real handovers: Oban for Python on one side, pg_cron on the other, in real minutes (``make test-handover``).

Each case has a server, a database, and an application of its own, so that all of them wait for the same minutes at the
same time (-n 9). What ran is read from the append-only log that both sides write (jobs.py); a tick that nobody ran, or
that two did, fails the case. The last case installs the plain way, which does not promise that: the harness can fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import accounts
import jobs
import pytest
import shop
from accounts import MINUTE, Accounts
from databases import ROLE, AppDatabase
from psycopg import sql

from cronlift import sandbox as private
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder

SETUPS = [
    pytest.param((major, workers, cron), id=f"{major}-{'workers' if workers else 'socket'}-{cron}")
    for major in (15, 17)
    for workers in (False, True)
    for cron in (("separate", "own") if workers else ("own", "separate"))
]


class Rehearsal:
    """One case: the server, the run folder, and the application that runs now."""

    def __init__(self, major: int, workers: bool, cron: str, oban: str, folder: Path) -> None:
        self.oban, self.folder, self.run = oban, folder, folder / "run"
        self.name = f"pytest-{os.getpid()}-{major}{'w' if workers else 's'}"
        cron_database = "shop" if cron == "own" else "postgres"
        self.sandbox = private.up(
            self.name, database="shop", cron_database=cron_database, background_workers=workers, major=major
        )
        with self.sandbox.server().connect(read_only=False) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
            connection.execute(sql.SQL("ALTER DATABASE shop OWNER TO {}").format(sql.Identifier(ROLE)))
        connection.close()
        self.database = AppDatabase("shop", ROLE, self.sandbox, Server(settings=self.sandbox.server().settings))
        shop.furnish(self.database, oban)
        with RunFolder(self.run).writing() as run:
            run.write_document(shop.judged(folder))
            run.write_document(shop.planned(self.database, folder))
        self.app: shop.App | None = None
        self.started: datetime | None = None

    def deploy(self, *arguments: str) -> None:
        """Stop the application that runs, and start it anew; in the middle of a minute, so that no tick is missed."""
        sleep_into_minute(10, 40)
        if self.app is not None:
            self.app.stop()
        self.app = shop.App(self.oban, self.database, self.folder / "app.txt", *arguments)
        self.started = self.started or datetime.now(UTC)
        assert datetime.now(UTC).second < 59, "the machine is too slow to deploy within a minute"

    def close(self) -> None:
        if self.app is not None and self.app.process.poll() is None:
            self.app.stop()
        private.down(self.name, remove=True)

    def cronlift(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command as a person would."""
        done = subprocess.run(
            [sys.executable, "-m", "cronlift", *arguments],
            env={**os.environ, **self.sandbox.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        print(f"--- {datetime.now(UTC):%H:%M:%S} cronlift {' '.join(arguments)}: exit code {done.returncode}\n{said}")
        assert done.returncode in codes, said
        return done.stdout

    def settled(self, names: tuple[str, ...] = jobs.JOBS) -> Accounts:
        """The accounts from the first minute after the start to the last one that is over."""
        assert self.started is not None
        last = datetime.now(UTC).replace(second=0, microsecond=0) - MINUTE
        with self.database.admin() as connection:
            found = accounts.runs(connection)
        connection.close()
        for name in names:
            for side, first, until in accounts.handed_over(found, name):
                print(f"{name}: {side} ran {first:%H:%M} to {until:%H:%M}")
        account = accounts.settle(found, names, accounts.minutes(self.started, last))
        print(account)
        return account


def sleep_into_minute(first: int, last: int) -> None:
    """Until the second of the minute lies between the two."""
    while not first <= datetime.now(UTC).second <= last:
        time.sleep(0.2)


def wait_for_ticks(number: int) -> None:
    """Until so many more minutes have begun, and five seconds more."""
    goal = datetime.now(UTC).replace(second=5, microsecond=0) + timedelta(minutes=number)
    time.sleep(max(0.0, (goal - datetime.now(UTC)).total_seconds()))


@pytest.fixture
def rehearsal(request: pytest.FixtureRequest, oban: str, tmp_path: Path) -> Iterator[Rehearsal]:
    made = Rehearsal(*getattr(request, "param", (15, False, "separate")), oban, tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.timeout(600)
def test_the_plain_way_runs_ticks_twice_and_loses_some(rehearsal: Rehearsal) -> None:
    rehearsal.deploy()
    wait_for_ticks(2)
    rehearsal.cronlift("install", "--run", str(rehearsal.run), "--apply")
    wait_for_ticks(2)
    found = rehearsal.settled()
    assert found.double
    assert not found.lost
    rehearsal.deploy("--moved")
    rehearsal.cronlift("rollback", "--run", str(rehearsal.run), "--apply")
    wait_for_ticks(2)
    assert rehearsal.settled().lost
    assert rehearsal.settled(("heartbeat",)).exact
