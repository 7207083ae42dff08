"""A busy queue: no insert of the application waits long because of cronlift."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import jobs
import pytest
import shop
from busy import Load, Waits, log_waits, long_transaction
from databases import AppDatabase

from cronlift import sandbox as private
from cronlift.errors import CronliftError
from cronlift.handover.back import Rollback
from cronlift.handover.complete import Complete
from cronlift.handover.operation import perform
from cronlift.handover.removal import remove_fence, uninstall
from cronlift.handover.start import Start
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
_OVER = """
UPDATE cronlift.gate
SET pg_from = now() - interval '2 hours', pg_until = now() - interval '1 hour', rows_from = NULL, rows_until = NULL
"""


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


def test_no_step_of_a_handover_holds_an_insert_up(busy: AppDatabase, tmp_path: Path) -> None:
    """Every step while the queue is busy, and a transaction that has inserted stays open."""
    plan = shop.planned(busy, tmp_path)
    waits = Waits(busy, _log(busy))
    server = busy.server
    with Load(busy).running() as load:
        assert load.rate() >= 500
        with long_transaction(busy) as stays:
            # No trigger can be made beside it: the installer gives up after short tries, and nobody waits for it long.
            with pytest.raises(CronliftError) as refused:
                install(plan, server, apply=True)
            assert f"pid {stays.info.backend_pid} " in (refused.value.where or "")
        install(plan, server, apply=True)
        with long_transaction(busy):
            busy.execute(_AT_WORK, "postgres")
            assert load.rate() >= 500  # and the cron rows lie thousands of rows back
            for verb in (Start(wait=10), Complete(deployed="r1"), Rollback(wait=0, deployed="r2")):
                perform(verb, plan, server, apply=True)
        busy.execute(_OVER, "postgres")  # as if the last tick of pg_cron's were over
        rollback(plan, server, apply=True)
        remove_fence(plan, server, apply=True)
        uninstall(plan, server, apply=True)
    assert load.failed == []
    assert max(waits.so_far(), default=0) <= LONGEST
