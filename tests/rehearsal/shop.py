"""The application of the handover's tests: its databases, its plan, and its Oban as a process."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jobs
from building import application, classified, step
from databases import ROLE, AppDatabase

from cronlift.model.plan import Mode, Plan
from cronlift.model.verdict import Classification
from cronlift.stages.generate import generate

HERE = Path(__file__).parent


def oban_tables(oban: str) -> str:
    """What Oban for Python's own migration creates."""
    script = "import oban.schema; print(oban.schema.install_sql())"
    return subprocess.run([oban, "-c", script], capture_output=True, text=True, check=True).stdout


def furnish(database: AppDatabase, oban: str) -> None:
    """Oban's tables and the log, as the application's own role."""
    # The state that is added to the type may not be used in the transaction that added it.
    for part in oban_tables(oban).split("-- Tables"):
        database.execute(part)
    database.execute(jobs.LEDGER)


def judged(folder: Path) -> Classification:
    """The three jobs as the classify stage hands them on."""
    made = [
        classified(worker, *(step(s) for s in statements), schedule=jobs.SCHEDULE)
        for worker, statements in jobs.WORKERS.items()
    ]
    return application(folder, *made)


def planned(database: AppDatabase, folder: Path, mode: Mode = "managed") -> Plan:
    """A plan for all three."""
    plan = generate(judged(folder), folder, database.server, mode=mode)
    assert plan.refused == ()
    return plan


class App:
    """A running application: a process with Oban in it, as the application's own role."""

    def __init__(self, oban: str, database: AppDatabase, log: Path, *arguments: str) -> None:
        url = (
            f"postgresql://{ROLE}@/{database.name}?host={database.sandbox.socket}&port=5432"
            f"&application_name={jobs.APPLICATION.replace(' ', '%20')}"
        )
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        self.log = log
        self._output = log.open("a")
        self.process = subprocess.Popen(
            [oban, str(HERE / "oban_app.py"), *arguments],
            env={**environment, "DATABASE_URL": url, "PYTHONPATH": str(HERE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            text=True,
            bufsize=1,
        )
        self.expect("running")

    def expect(self, word: str, seconds: float = 60) -> None:
        """Wait for a line of its output."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline().strip() if ready else f"nothing within {seconds} seconds"
        assert line == word, f"{line!r}; it said: {self.log.read_text()[-1000:]}"

    def tick(self, instant: str) -> None:
        """With ``--ticks``: let the scheduler insert what is due at this minute."""
        print(instant, file=self.process.stdin, flush=True)
        self.expect("done")

    def kill(self) -> None:
        self.process.kill()
        self._ended()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self._ended()

    def _ended(self) -> None:
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout, self._output):
                if stream is not None:
                    stream.close()


@contextmanager
def running(oban: str, database: AppDatabase, log: Path, *arguments: str) -> Iterator[App]:
    """The application while the block runs."""
    app = App(oban, database, log, *arguments)
    try:
        yield app
    finally:
        if app.process.poll() is None:
            app.kill() if "--ticks" in arguments else app.stop()
        elif sys.exc_info()[0] is None:
            raise AssertionError(f"the application died: {log.read_text()[-1000:]}")
