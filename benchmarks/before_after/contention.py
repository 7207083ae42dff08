"""Who waits for whom: two refreshes of one view at once (the demo schedules that every six hours), and a reader beside
one. The statement is the application's and pg_cron's alike, so whose it is makes no difference to the lock."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from before_after.pair import Pair

REFRESH = "REFRESH MATERIALIZED VIEW CONCURRENTLY hot_packages"
READ = "SELECT count(*) FROM hot_packages WHERE package_name = 'tiny-json-1'"


def measure(where: Pair, times: int) -> dict[str, list[float]]:
    """Milliseconds: a refresh ``alone``; of two started at once the ``second`` to end; the longest of a reader's
    queries while nothing runs (``read idle``) and beside a refresh (``read beside``); ``same work serial``: two
    refreshes one after the other."""
    out: dict[str, list[float]] = {
        name: [] for name in ("alone", "second", "same work serial", "read idle", "read beside")
    }
    with where.connect("demo", "demo") as one, where.connect("demo", "demo") as two, where.connect("demo") as side:

        def refresh(connection: Any) -> float:
            began = time.perf_counter()
            connection.execute(REFRESH)
            return (time.perf_counter() - began) * 1000

        def change() -> None:
            side.execute("SELECT bench.reset('refresh')")

        for _ in range(times):
            change()
            out["alone"].append(refresh(one))
            change()
            out["same work serial"].append(refresh(one) + refresh(two))
            change()
            with ThreadPoolExecutor(2) as at_once:
                out["second"].append(max(at_once.map(refresh, (one, two))))
            out["read idle"].append(max(_read(two) for _ in range(20)))
            change()
            thread = threading.Thread(target=refresh, args=(one,))
            thread.start()
            longest = 0.0
            while thread.is_alive():
                longest = max(longest, _read(two))
            out["read beside"].append(longest)
    return out


def _read(connection: Any) -> float:
    began = time.perf_counter()
    connection.execute(READ)
    return (time.perf_counter() - began) * 1000
