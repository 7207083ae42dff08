"""Run times: each job through pg_cron, through Oban, and on one warm connection, in turns.

A round: some entries for each job become due at one minute and pg_cron runs them one after the other
(``cron.max_running_jobs`` is 1), then Oban as many, then a connection that stays open as many. So what else the machine
does falls on all alike.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from before_after.pair import JOBS, Application, Pair


def measure(where: Pair, rounds: int, each: int, say: Any) -> dict[str, dict[str, dict[str, list[float]]]]:
    """``{job: {side: {figure: [ms]}}}`` of ``rounds`` × ``each`` runs; the figures are ``run`` (from the scheduler's
    taking it up to its being written down as done) and ``sql`` (its statements alone)."""
    out: dict[str, dict[str, dict[str, list[float]]]] = {
        job: {side: defaultdict(list) for side in ("pg_cron", "oban", "connection")} for job in JOBS
    }
    app = Application(where, "enqueued")
    try:
        with where.connect("demo") as cron, where.connect("app") as side, where.connect("demo", "demo") as warm:
            for connection in (cron, side):
                for job in JOBS:
                    connection.execute("SELECT bench.reset(%s)", (job,))
                connection.execute("VACUUM ANALYZE")
            for number in range(rounds):
                say(f"{where.name}: round {number + 1} of {rounds}")
                _through_pg_cron(where, cron, each, out)
                for _ in range(each):
                    for job in JOBS:
                        _through_oban(app, side, job, out[job]["oban"])
                        _by_connection(where, warm, cron, job, out[job]["connection"])
                for connection in (cron, side):
                    connection.execute("VACUUM ANALYZE public.catalog_packages, public.package_cache")
                    connection.execute("CHECKPOINT")
        app.rest()
    finally:
        app.close()
    return out


def _through_oban(app: Application, side: Any, job: str, out: dict[str, list[float]]) -> None:
    done = app.run(job)
    assert done["state"] == "completed", done
    out["run"].append(done["run_ms"])
    out["sql"].append(done["sql_ms"])
    side.execute("SELECT bench.reset(%s)", (job,))


def _by_connection(where: Pair, warm: Any, cron: Any, job: str, out: dict[str, list[float]]) -> None:
    began = time.perf_counter()
    warm.execute(where.command(job))
    out["run"].append((time.perf_counter() - began) * 1000)
    out["sql"].append(out["run"][-1])
    cron.execute("SELECT bench.reset(%s)", (job,))


def _through_pg_cron(where: Pair, cron: Any, each: int, out: dict[str, Any]) -> None:
    """Schedule the entries for the next minute, wait until each has run once, and read what was noted."""
    first, before = cron.execute(
        "SELECT (SELECT coalesce(max(id), 0) FROM bench.log), (SELECT coalesce(sum(total_exec_time), 0) "
        "FROM bench.pg_stat_statements(false) WHERE userid = 'demo'::regrole AND toplevel "
        "AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))"
    ).fetchone()
    while not 5 < time.time() % 60 < 50:
        time.sleep(0.5)
    for number in range(each):
        for job in JOBS:
            cron.execute("SELECT cron.schedule(%s, '* * * * *', %s)", (f"bench/{job}/{number}", where.command(job)))
    cron.execute("UPDATE cron.job SET username = 'demo' WHERE jobname LIKE 'bench/%'")
    end = time.monotonic() + 240
    due = each * len(JOBS)
    while (
        cron.execute("SELECT count(*) FROM bench.log WHERE id > %s AND event = 'reset'", (first,)).fetchone()[0] < due
    ):
        assert time.monotonic() < end, f"{where.name}: pg_cron did not run {due} entries"
        time.sleep(0.25)
    cron.execute("SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname LIKE 'bench/%'")
    runs = cron.execute(
        "SELECT min(job), min(at) FILTER (WHERE event = 'starting'), max(at) FILTER (WHERE event = 'succeeded'), "
        "max(execution_ms) FROM bench.log WHERE id > %s GROUP BY run ORDER BY run LIMIT %s", (first, due),
    ).fetchall()  # fmt: skip
    for job, start, stop, total in runs:
        assert stop is not None, f"{where.name}: a run of {job} did not succeed"
        out[job]["pg_cron"]["run"].append((stop - start).total_seconds() * 1000)
        out[job]["pg_cron"]["sql"].append(total - before)
        before = total
