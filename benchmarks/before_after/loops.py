"""What makes a job fast: the same work row by row from a client, in batches, and as one statement."""

from __future__ import annotations

import time
from typing import Any

from before_after.pair import Pair

_KEY = "ecosystem || ':' || package_name || ':' || version"
_INSERT = (
    "INSERT INTO package_cache (cache_key, package_data, expires_at) "
    "VALUES (%s, %s, now() + INTERVAL '24 hours') ON CONFLICT (cache_key) DO NOTHING"
)


def cleanup_by_row(connection: Any) -> None:
    """Read the keys of what has expired, then delete each."""
    for row in connection.execute("SELECT cache_key FROM package_cache WHERE expires_at < now()").fetchall():
        connection.execute("DELETE FROM package_cache WHERE cache_key = %s", row)


def cleanup_at_once(connection: Any) -> None:
    """One statement."""
    connection.execute("DELETE FROM package_cache WHERE expires_at < now()")


def _hot(connection: Any) -> list[Any]:
    rows = connection.execute(f"SELECT {_KEY}, to_jsonb(hot_packages.*)::text FROM hot_packages").fetchall()
    return list(rows)


def prewarm_by_row(connection: Any) -> None:
    """Read the hot packages, then insert each."""
    for row in _hot(connection):
        connection.execute(_INSERT, row)


def prewarm_in_batches(connection: Any) -> None:
    """Read the hot packages, then insert them as batches of one transaction."""
    rows = _hot(connection)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)


def prewarm_at_once(connection: Any) -> None:
    """One statement."""
    connection.execute(
        "INSERT INTO package_cache (cache_key, package_data, expires_at) "
        f"SELECT {_KEY}, to_jsonb(hot_packages.*), now() + INTERVAL '24 hours' FROM hot_packages "
        "ON CONFLICT (cache_key) DO NOTHING"
    )


WAYS = {
    "cleanup": {"row by row": cleanup_by_row, "one statement": cleanup_at_once},
    "prewarm": {
        "row by row": prewarm_by_row,
        "batches in one transaction": prewarm_in_batches,
        "one statement": prewarm_at_once,
    },
}


def measure(where: Pair, times: int) -> dict[str, dict[str, list[float]]]:
    """``{job: {way: [ms]}}``, the ways in turns. The insert of the prewarm alone, without its refresh."""
    out: dict[str, dict[str, list[float]]] = {job: {way: [] for way in ways} for job, ways in WAYS.items()}
    with where.connect("app", "demo") as app, where.connect("app") as side:
        for job, ways in WAYS.items():
            side.execute("SELECT bench.reset(%s)", (job,))
            for _ in range(times):
                for way, run in ways.items():
                    began = time.perf_counter()
                    run(app)
                    out[job][way].append((time.perf_counter() - began) * 1000)
                    side.execute("SELECT bench.reset(%s)", (job,))
            side.execute("VACUUM ANALYZE public.catalog_packages, public.package_cache")
    return out
