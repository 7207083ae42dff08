"""The shop of the tests of verify is a fixture here too; a server with wal2json where there is one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "verify"))

from shops import shop
from wal2json import MISSING, have_wal2json

__all__ = ["shop"]


@pytest.fixture
def stream(app_database: Any) -> Any:
    """The test's database on a server that has wal2json; its slots are dropped before the database is."""
    have_wal2json(app_database.sandbox)
    yield app_database
    with app_database.admin() as connection:
        connection.autocommit = True
        connection.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = current_database()"
        )
        for _ in range(50):
            if (
                connection.execute(
                    "SELECT 1 FROM pg_replication_slots WHERE database = current_database() AND active"
                ).fetchone()
                is None
            ):
                break
            connection.execute("SELECT pg_sleep(0.1)")
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()"
        )
    connection.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Where there was no wal2json, say so."""
    if any(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(f"NOT RUN: {MISSING}", yellow=True)
