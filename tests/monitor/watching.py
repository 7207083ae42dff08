"""A server whose entries go wrong, one way each, and what ``cronlift monitor`` says of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from cronlift.commands.main import main
from cronlift.monitor.watch import Question, monitor
from cronlift.sandbox import Sandbox

OFTEN = "* * * * *"
NEVER_MET = "11 4 1 1 *"


@dataclass
class Ward:
    """A private server: ``put`` entries, ``wait`` for what pg_cron makes of them, ``look``."""

    sandbox: Sandbox

    def admin(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """One statement as the superuser, committed."""
        with self.sandbox.server(self.sandbox.cron_database).connect(read_only=False) as connection:
            cursor = connection.execute(query.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    @property
    def blocks(self) -> bool:
        """Whether this pg_cron's launcher waits while a run goes on."""
        return bool(
            self.admin(
                "SELECT (SELECT extversion LIKE '1.4%%' FROM pg_extension WHERE extname = 'pg_cron') AND "
                "current_setting('cron.use_background_workers') = 'on' AND %(yes)s", yes=True,
            )[0][0]
        )  # fmt: skip

    def put(self, name: str, command: str, schedule: str = OFTEN) -> int:
        """Schedule an entry in the application's database, as pg_cron's own function does; returns its number."""
        return int(
            self.admin(
                "SELECT cron.schedule_in_database(%(name)s, %(schedule)s, %(command)s, %(database)s, 'postgres')",
                name=name, schedule=schedule, command=command, database=self.sandbox.database,
            )[0][0]
        )  # fmt: skip

    def put_by_hand(self, name: str, command: str, schedule: str) -> int:
        """The same as a row written by hand, which nobody checks."""
        return int(
            self.admin(
                "INSERT INTO cron.job (jobname, schedule, command, database, username, nodename, nodeport) "
                "SELECT %(name)s, %(schedule)s, %(command)s, %(database)s, 'postgres', '', 5432 RETURNING jobid",
                name=name, schedule=schedule, command=command, database=self.sandbox.database,
            )[0][0]
        )  # fmt: skip

    def wait(self, condition: str, seconds: float = 150, **parameters: Any) -> None:
        """Until a query's first value is true."""
        until = time.monotonic() + seconds
        while not self.admin(f"SELECT {condition}", **parameters)[0][0]:
            assert time.monotonic() < until, condition
            time.sleep(0.3)

    def wait_until(self, moment: datetime) -> None:
        """Until the server's clock says so."""
        self.wait("clock_timestamp() >= %(moment)s", moment=moment)


@dataclass(frozen=True)
class Said:
    """What the command line said: its exit code, its document, and the signals by entry."""

    code: int
    document: dict[str, Any]

    def codes(self, name: str, severity: str = "red") -> set[str]:
        """The codes of an entry's signals ("": the server's)."""
        found = self.document["signals"] if not name else self.entry(name)["signals"]
        return {signal["code"] for signal in found if signal["severity"] == severity}

    def text(self, name: str, code: str) -> str:
        """What a signal says."""
        found = self.document["signals"] if not name else self.entry(name)["signals"]
        return next(str(signal["text"]) for signal in found if signal["code"] == code)

    def entry(self, name: str) -> dict[str, Any]:
        return next(job for job in self.document["jobs"] if job["name"] == name)


Ask = Callable[..., Said]


def asking(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> Ask:
    """``ask(*options)`` runs ``cronlift monitor --json`` with libpq's environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def ask(*options: str) -> Said:
        capture.readouterr()
        code = main(["monitor", "--json", *options])
        said = capture.readouterr()
        assert said.out, said.err
        return Said(code, json.loads(said.out))

    return ask


def fixed(sandbox: Sandbox, **question: Any) -> Any:
    """The same look as a document."""
    return monitor(sandbox.server(), Question(**question))


def names(said: Said) -> Sequence[str]:
    """The entries that were looked at."""
    return [job["name"] for job in said.document["jobs"]]
