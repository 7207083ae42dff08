"""A busy queue: no insert of the application waits long because of cronlift."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

import jobs
import pytest
import shop
from busy import Load, Waits, log_waits, long_transaction
from databases import AppDatabase

from cronlift import sandbox as private
from cronlift.errors import CronliftError
from cronlift.handover import removal
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.flatten import Flatten
from cronlift.handover.hold import Pause, Resume
from cronlift.handover.operation import perform
from cronlift.handover.removal import remove_fence, uninstall
from cronlift.handover.start import Start
from cronlift.installation import act
from cronlift.stages.install import install, rollback

LONGEST = 200  # ms


@pytest.fixture
def busy(furnished: AppDatabase) -> AppDatabase:
    log_waits(furnished)
    return furnished


# What shows a start that the application's scheduler and pg_cron are at work.
_AT_WORK = f"""\
INSERT INTO oban_jobs (worker, meta, inserted_at)
SELECT w, '{{"cron": true}}', date_trunc('minute', now() AT TIME ZONE 'UTC')
FROM unnest('{{{",".join(jobs.WORKERS)}}}'::text[]) AS w;
INSERT INTO cronlift.heartbeat (job_role, tick, at) SELECT 'app', t, t FROM date_trunc('minute', now()) AS t
ON CONFLICT DO NOTHING;
"""
_SINCE = "UPDATE cronlift.gate SET pg_from = now() - interval '1 hour', rows_from = now() - interval '1 hour'"
_OVER = """
UPDATE cronlift.gate
SET pg_from = now() - interval '2 hours', pg_until = now() - interval '1 hour', rows_from = NULL, rows_until = NULL
"""


def _log(database: AppDatabase) -> Path:
    return Path(private.status(database.sandbox.name).log)


def test_a_lock_that_is_waited_for_is_seen(busy: AppDatabase) -> None:
    """What the installer must not do: inserts queue behind it for as long as it waits."""
    busy.execute("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
    load = Load(busy)
    waits = Waits(load, _log(busy))
    with load.running(), busy.connect() as careless:
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


def test_no_step_of_a_handover_holds_an_insert_up(
    busy: AppDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every step while the queue is busy, and a transaction that has inserted stays open."""
    for module in (act, removal):  # as patient as ever, but for fewer tries: they are all alike
        monkeypatch.setattr(module, "FENCING", replace(act.FENCING, attempts=6))
    plan = shop.planned(busy, tmp_path)
    server = busy.server
    load = Load(busy, (*jobs.WORKERS, *jobs.STAYS))
    waits = Waits(load, _log(busy))
    rates: list[float] = []

    @contextmanager
    def step() -> Iterator[None]:
        """Beside a long transaction, and with as many inserts as are wanted while it lasts."""
        before, began = load.inserted, time.monotonic()
        with long_transaction(busy):
            yield
            time.sleep(max(0.0, 0.5 - (time.monotonic() - began)))
        rates.append((load.inserted - before) / (time.monotonic() - began))

    with load.running():
        load.rate()
        with long_transaction(busy) as stays:
            # No trigger can be made beside it: the installer gives up after short tries, and nobody waits for it long.
            with pytest.raises(CronliftError) as refused:
                install(plan, server, apply=True)
            assert f"pid {stays.info.backend_pid} " in (refused.value.where or "")
        before, began = load.inserted, time.monotonic()
        install(plan, server, apply=True)
        rates.append((load.inserted - before) / (time.monotonic() - began))
        busy.execute(_AT_WORK, "postgres")
        load.rate(0.5)  # and the cron rows lie thousands of rows back
        with step():
            perform(Start(wait=10), plan, server, apply=True)
        busy.execute(_SINCE, "postgres")  # as if pg_cron had run them for an hour: rows are turned away
        acts = (Pause(), Resume(), Complete(deployed="r1"), Flatten(), Rollback(wait=0, deployed="r2"))
        for verb in acts:
            with step():
                perform(verb, plan, server, apply=True)
        busy.execute(_OVER, "postgres")  # as if the last tick of pg_cron's were over
        with step():
            rollback(plan, server, apply=True)
        # The fence comes off as it went on: not beside a long transaction.
        for remove in (remove_fence, uninstall):
            with step(), pytest.raises(CronliftError, match="for a lock that others hold"):
                remove(plan, server, apply=True)
        remove_fence(plan, server, apply=True)
        with step():
            uninstall(plan, server, apply=True)
    hits = load.turned_away()
    assert load.failed == []
    print(f"inserts a second by step: {[round(r) for r in rates]}; turned away: {hits}; waits (ms): {waits.so_far()}")
    assert median(rates) >= 500
    assert min(rates) >= 200  # other processes of the machine have their seconds
    assert hits >= 50
    assert max(waits.so_far(), default=0) <= LONGEST
