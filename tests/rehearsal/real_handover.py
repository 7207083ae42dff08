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
from typing import Any

import accounts
import jobs
import pytest
import shop
from accounts import MINUTE, Accounts
from databases import ROLE, AppDatabase
from psycopg import sql

from cronlift import sandbox as private
from cronlift.model.plan import Mode
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder

PAIRS = tuple((major, workers) for major in (15, 17) for workers in (False, True))


def setups(*cron: str) -> list[Any]:
    """Each pair, with pg_cron in the application's database or in one of its own."""
    return [
        pytest.param((major, workers, where, "managed"), id=f"{major}-{'workers' if workers else 'socket'}-{where}")
        for (major, workers), where in zip(PAIRS, cron, strict=True)
    ]


class Rehearsal:
    """One case: the server, the run folder, and the application that runs now."""

    def __init__(self, major: int, workers: bool, cron: str, mode: Mode, oban: str, folder: Path) -> None:
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
            run.write_document(shop.planned(self.database, folder, mode))
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

    def verb(self, verb: str, codes: tuple[int, ...] = (0,)) -> str:
        """A verb of the handover, for all jobs."""
        return self.cronlift("jobs", verb, "--run", str(self.run), "--apply", codes=codes)

    def install(self) -> None:
        """Prepare, schedule and fence: nothing changes hands."""
        self.cronlift("install", "--run", str(self.run), "--apply")
        assert self.states() == {"shut"}

    def switch(self, verb: str) -> None:
        """Let the jobs change hands, and wait until they have."""
        self.verb(verb, codes=(0, 4))
        column = "pg_from" if verb == "start" else "pg_until"
        with self.database.admin() as connection:
            row = connection.execute(f"SELECT max({column}) FROM cronlift.gate".encode()).fetchone()
        connection.close()
        assert row is not None and row[0] is not None
        print(f"{column}: {row[0]:%H:%M:%S}")
        time.sleep(max(0.0, (row[0] - datetime.now(UTC)).total_seconds()))

    def states(self) -> set[str]:
        """What the gate says."""
        with self.database.admin() as connection:
            rows = connection.execute("SELECT DISTINCT state FROM cronlift.gate").fetchall()
        connection.close()
        return {str(state) for (state,) in rows}

    def exact(self, *sides: str) -> None:
        """Each tick of each job was run once, by these sides in turn; the log of pg_cron's runs says the same."""
        account = self.settled()
        assert account.exact, account
        assert account.ticks >= 3 * 10
        with self.database.admin() as connection:
            found = accounts.runs(connection)
            rows = connection.execute("SELECT job, tick FROM cronlift.run_log WHERE state = 'succeeded'").fetchall()
        connection.close()
        for name in jobs.JOBS:
            assert tuple(side for side, *_ in accounts.handed_over(found, name)) == sides
        own = sorted((r.job, r.tick) for r in found if r.side == "pg_cron")
        assert sorted((job.removeprefix("oban:Shop.").removesuffix("Worker").lower(), t) for job, t in rows) == own
        assert self.settled(("heartbeat",)).exact

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
    made = Rehearsal(*getattr(request, "param", (15, False, "separate", "plain")), oban, tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("rehearsal", setups("separate", "own", "own", "separate"), indirect=True)
def test_a_handover_is_exact(rehearsal: Rehearsal) -> None:
    """Started in the middle, and completed when a deploy has taken the entries out of the crontab."""
    rehearsal.deploy()
    wait_for_ticks(3)
    rehearsal.install()
    wait_for_ticks(1)
    rehearsal.switch("start")
    wait_for_ticks(5)
    rehearsal.verb("complete", codes=(2,))  # refused: the entries are still in the crontab
    rehearsal.deploy("--moved")
    wait_for_ticks(2)
    rehearsal.verb("complete")
    wait_for_ticks(1)
    rehearsal.exact("app", "pg_cron")
    assert {"completed"} == rehearsal.states()


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("rehearsal", setups("own", "separate", "separate", "own"), indirect=True)
def test_the_way_back_is_exact(rehearsal: Rehearsal) -> None:
    """Started, given back while the application's entries are where they were, and removed."""
    rehearsal.deploy()
    wait_for_ticks(2)
    rehearsal.install()
    rehearsal.switch("start")
    wait_for_ticks(4)
    rehearsal.switch("rollback")
    wait_for_ticks(1)
    rehearsal.verb("rollback")  # finishes what was pending
    rehearsal.cronlift("rollback", "--run", str(rehearsal.run), "--apply")
    wait_for_ticks(2)
    rehearsal.exact("app", "pg_cron", "app")


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
