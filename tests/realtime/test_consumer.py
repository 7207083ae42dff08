"""The consumer of a change stream on a real server: killed anywhere, cut off, restarted, it loses no change."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from shops import CLEANUP, REFRESH, Shop, step
from test_proposals import proposed, view

from cronlift.errors import UsageError
from cronlift.postgres.server import Server
from cronlift.realtime import texts
from cronlift.realtime.consumer import Consumer
from cronlift.realtime.derive import dependence

Make = Callable[..., Shop]
FOLLOWER = Path(__file__).parent / "follower.py"


def consumer(shop: Shop, said: Callable[[str, str], None] = lambda step, words: None) -> Consumer:
    """A consumer as ``cronlift realtime follow`` makes it, in this process."""
    with shop.database.admin() as connection:
        watched = texts.watched(shop.plan.jobs[0], dependence(connection, shop.plan.target, shop.plan.jobs[0]))
    connection.close()
    return Consumer(Server(), shop.plan.target.database, watched, 0.1, said)


@contextmanager
def following(shop: Shop, stop_at: tuple[str, int] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A consumer in a process of its own."""
    with shop.database.admin() as connection:
        depends = dependence(connection, shop.plan.target, shop.plan.jobs[0])
    connection.close()
    job = shop.plan.jobs[0]
    asked = {
        "call": job.call, "slot": texts.slot_of(job), "table": depends.sources[0].table,
        "next_due": texts.next_due(depends), "database": shop.plan.target.database, "stop_at": stop_at,
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, str(FOLLOWER), json.dumps(asked)], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def until(process: subprocess.Popen[str], word: str) -> None:
    """Read what the process says until a line begins with the word."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(word):
            return
    raise AssertionError(f"the consumer ended before it said {word}")


def soon(check: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.1)
    return False


def fresh(shop: Shop) -> bool:
    kept, now = view(shop)
    return kept == now


def add(shop: Shop, name: str) -> None:
    shop.database.execute(f"INSERT INTO item (kind, stars) VALUES ('{name}', 9000)")


@pytest.mark.parametrize("where", ["connected", "seen", "ran", "confirmed"])
def test_killed_at_any_step_it_loses_no_change(stream: Any, shop: Make, where: str) -> None:
    made = shop(step(REFRESH))
    stop = (where, 1) if where in ("connected", "seen") else (where, 2)  # the first is the run after the start
    with following(made, stop) as process:
        if where != "connected":
            until(process, "confirmed")
            add(made, "seen by the one that dies")
        until(process, "HERE")
        add(made, "while it hangs")
        process.kill()
        process.wait()
    add(made, "while nobody listens")
    assert not fresh(made)
    with following(made):
        assert soon(lambda: fresh(made))


def test_under_load_and_killed_again_and_again_the_end_is_right(stream: Any, shop: Make) -> None:
    made = shop(step(REFRESH))
    done = threading.Event()

    def load() -> None:
        with made.database.connect() as connection:
            connection.autocommit = True
            number = 0
            while not done.is_set():
                number += 1
                connection.execute("INSERT INTO item (kind, stars) VALUES (%s, %s)", (f"load {number}", 900 + number))
                connection.execute("UPDATE item SET stars = stars + 40 WHERE id %% 50 = %s", (number % 50,))
        connection.close()

    writer = threading.Thread(target=load)
    writer.start()
    try:
        for number in range(6):
            with following(made) as process:
                until(process, "confirmed")
                time.sleep(0.05 + 0.13 * number)
    finally:
        done.set()
        writer.join()
    with following(made):
        assert soon(lambda: fresh(made))


def test_a_cut_connection_is_made_again(stream: Any, shop: Make) -> None:
    made = shop(step(REFRESH))
    steps: list[str] = []
    ended = threading.Event()
    following_it = consumer(made, lambda step, words: steps.append(step))
    thread = threading.Thread(target=lambda: following_it.follow(ended.is_set))
    thread.start()
    try:
        assert soon(lambda: "confirmed" in steps)
        with made.database.admin() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'cronlift' AND pid <> pg_backend_pid()"
            )
        connection.close()
        add(made, "while it was cut off")
        assert soon(lambda: fresh(made))
        assert steps.count("connected") >= 2
    finally:
        ended.set()
        thread.join()


def test_a_slot_that_is_gone_is_made_anew_and_the_job_run(stream: Any, shop: Make) -> None:
    made = shop(step(REFRESH))
    with following(made) as process:
        until(process, "confirmed")
    with made.database.admin() as connection:
        connection.autocommit = True
        assert soon(
            lambda: connection.execute("SELECT count(*) FROM pg_replication_slots WHERE active").fetchone() == (0,)
        )
        connection.execute("SELECT pg_drop_replication_slot(%s)", (texts.slot_of(made.plan.jobs[0]),))
    connection.close()
    add(made, "told of by no slot")
    with following(made) as process:
        until(process, "ran")
        assert fresh(made)


def test_changes_of_other_tables_run_nothing_and_do_not_pile_up(stream: Any, shop: Make) -> None:
    made = shop(step(REFRESH))
    following_it = consumer(made)
    with made.database.admin() as connection:
        connection.autocommit = True
        following_it._catch_up(connection)
        made.database.execute("UPDATE bystander SET note = note || 'x'")

        def place() -> Any:
            query = "SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE database = current_database()"
            return connection.execute(query).fetchone()

        before = place()
        assert following_it.step(connection) is False
        assert place() != before
        add(made, "counts")
        assert following_it.step(connection) is True
        assert following_it.step(connection) is False
    connection.close()


def test_a_transaction_that_commits_later_is_told_of_then(stream: Any, shop: Make) -> None:
    made = shop(step(REFRESH))
    following_it = consumer(made)
    with made.database.admin() as connection, made.database.connect() as writer:
        connection.autocommit = True
        following_it._catch_up(connection)
        writer.execute("INSERT INTO item (kind, stars) VALUES ('open', 9000)")
        add(made, "committed in between")
        assert following_it.step(connection) is True
        writer.commit()
        assert not fresh(made)
        assert following_it.step(connection) is True
        assert fresh(made)
    connection.close()


def test_expired_rows_go_when_they_are_due(stream: Any, shop: Make) -> None:
    made = shop(step(CLEANUP))
    made.database.execute("ALTER TABLE cache SET LOGGED")

    def left() -> int:
        with made.database.connect() as connection:
            (count,) = connection.execute("SELECT count(*) FROM cache WHERE expires_at < now()").fetchone()
        connection.close()
        return int(count)

    with following(made) as process:
        until(process, "confirmed")
        assert left() == 0
        made.database.execute("INSERT INTO cache (key, body, expires_at) VALUES ('s', '{}', now() + interval '1.5 s')")
        until(process, "seen")
        until(process, "ran")

        def gone() -> bool:
            with made.database.connect() as connection:
                found = connection.execute("SELECT count(*) FROM cache WHERE key = 's'").fetchone()
            connection.close()
            return found == (0,)

        assert soon(gone)


def test_the_slot_of_another_database_is_not_taken(stream: Any, shop: Make) -> None:
    made = shop(step(REFRESH))
    slot = texts.slot_of(made.plan.jobs[0])
    with made.database.admin("postgres") as connection:
        connection.autocommit = True
        connection.execute("SELECT pg_create_logical_replication_slot(%s, 'wal2json')", (slot,))
        try:
            with pytest.raises(UsageError, match="belongs to database postgres"):
                consumer(made).follow()
        finally:
            connection.execute("SELECT pg_drop_replication_slot(%s)", (slot,))
    connection.close()


def test_the_script_makes_the_slot_that_the_consumer_reads(stream: Any, shop: Make) -> None:
    made = shop(step(REFRESH))
    proposal = proposed(made)["change_stream"]
    with made.database.admin() as connection:
        connection.autocommit = True
        connection.execute(proposal.up_sql)
        assert connection.execute(proposal.watch_sql).fetchall() == []
        consumer(made).step(connection)
        connection.execute(proposal.down_sql)
        assert [row[1] for row in connection.execute(proposal.watch_sql).fetchall()] == [None]
    connection.close()
