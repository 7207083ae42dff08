"""A busy queue: no insert of the application waits long because of cronlift."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from busy import Load, Waits, log_waits, long_transaction
from databases import AppDatabase

from cronlift import sandbox as private

LONGEST = 200  # ms


@pytest.fixture
def busy(furnished: AppDatabase) -> AppDatabase:
    log_waits(furnished)
    return furnished


def _log(database: AppDatabase) -> Path:
    return Path(private.status(database.sandbox.name).log)


def test_a_lock_that_is_waited_for_is_seen(busy: AppDatabase) -> None:
    """What the installer must not do: inserts queue behind it for as long as it waits."""
    waits = Waits(busy, _log(busy))
    busy.execute("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
    with Load(busy).running() as load, busy.connect() as careless:
        assert load.rate() > 500
        with long_transaction(busy):
            statement = b"CREATE TRIGGER nothing BEFORE INSERT ON oban_jobs FOR EACH ROW EXECUTE FUNCTION nothing()"
            waiting = threading.Thread(target=careless.execute, args=(statement,))
            waiting.start()
            time.sleep(1)
        waiting.join(30)
        careless.rollback()
    careless.close()
    assert load.failed == []
    assert max(waits.so_far()) > 2 * LONGEST
