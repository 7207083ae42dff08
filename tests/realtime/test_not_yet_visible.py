"""The log tells of a commit before other sessions see it; with synchronous replication that gap can be long."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest
from wal2json import have_wal2json

from cronlift import sandbox as private
from cronlift.realtime.consumer import Consumer, Watched
from cronlift.realtime.slot import Slot
from cronlift.sandbox import Sandbox

NAME = f"pytest-{os.getpid()}-standby"


def setting(made: Sandbox, text: str) -> None:
    with made.server().connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute("SET synchronous_commit = local")
        connection.execute(f"ALTER SYSTEM SET {text}".encode())
        connection.execute("SELECT pg_reload_conf()")
    connection.close()


@pytest.fixture
def server() -> Iterator[Sandbox]:
    """A server of its own whose commits can be made to wait for a standby that never comes."""
    try:
        made = private.up(NAME)
        have_wal2json(made)
        setting(made, "max_wal_senders = 3")
        private.down(NAME)
        yield private.up(NAME)
    finally:
        private.down(NAME, remove=True)


def test_a_change_is_not_confirmed_before_the_job_can_see_it(server: Sandbox) -> None:
    with server.server().connect(read_only=False) as connection:
        connection.execute("CREATE TABLE item (id integer PRIMARY KEY)")
        connection.execute("CREATE MATERIALIZED VIEW items AS SELECT id FROM item")
    connection.close()
    watched = Watched("REFRESH MATERIALIZED VIEW items", Slot("cronlift_items", (("public", "item"),)))
    steps: list[str] = []
    consumer = Consumer(server.server(), server.database, watched, 0.1, lambda step, words: steps.append(step))
    with server.server().connect(read_only=False) as follows, server.server().connect(read_only=False) as writes:
        follows.autocommit = writes.autocommit = True
        follows.execute("SET synchronous_commit = local")
        consumer._catch_up(follows)
        steps.clear()
        setting(server, "synchronous_standby_names = 'nobody'")
        writer = threading.Thread(target=lambda: writes.execute("INSERT INTO item VALUES (1)"))
        end = time.monotonic() + 30
        while not writer.ident or writer.is_alive():
            if not writer.ident:
                time.sleep(0.5)  # until the setting has reached the sessions
                writer.start()
            if follows.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'").fetchone():
                break
            assert time.monotonic() < end
            time.sleep(0.05)
        assert writer.is_alive()
        assert follows.execute("SELECT count(*) FROM item").fetchone() == (0,)
        follower = threading.Thread(target=lambda: consumer.step(follows))
        follower.start()
        time.sleep(1)
        assert steps == ["seen"]  # told of, and not run: it would not see the row
        setting(server, "synchronous_standby_names = ''")
        writer.join(30)
        follower.join(30)
        assert steps == ["seen", "ran", "confirmed"]
        assert follows.execute("SELECT id FROM items").fetchall() == [(1,)]
    follows.close()
    writes.close()
