"""How long a look takes, in a private server: 1,000,000 recorded runs, all in the window, and as many in a run log.

    .venv/bin/python benchmarks/monitor.py

Prints one line a figure: the median of five looks with its spread, and the same as a multiple of one plain read of the
whole history (``SELECT count(*)`` over a value of every row), which is what the machine itself costs.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from cronlift import sandbox
from cronlift.generate import managed
from cronlift.generate.quoting import text_of
from cronlift.monitor import metrics, plots
from cronlift.monitor.watch import Question, monitor
from cronlift.postgres.server import Connection
from cronlift.sandbox import Sandbox

ROWS, ENTRIES, LOOKS = 1_000_000, 200, 5

HISTORY = f"""
INSERT INTO cron.job (jobname, schedule, command, database, username, nodename, nodeport)
SELECT 'job ' || n, '11 4 1 1 *', 'CALL public.work_' || n || '()', 'demo', 'postgres', 'localhost', 5432
FROM generate_series(1, {ENTRIES}) AS n;
INSERT INTO cron.job_run_details (
  jobid, runid, job_pid, database, username, command, status, return_message, start_time, end_time
)
SELECT
  (SELECT min(jobid) FROM cron.job) + n % {ENTRIES}, nextval('cron.runid_seq'), 1000 + n % 1000, 'demo', 'postgres',
  'CALL public.work_' || n % {ENTRIES} || '()', CASE WHEN n % 97 = 0 THEN 'failed' ELSE 'succeeded' END, 'CALL', t,
  t + (random() * 500 + 3) * interval '1 ms'
FROM (
  SELECT n, now() - ({ROWS} - n) * interval '0.6 s' AS t FROM generate_series(1, {ROWS}) AS n
) AS made;
"""
LOG = f"""
INSERT INTO cronlift.gate (
  job, cron_name, relation, worker, args, schedule, timezone, job_role, state, pg_from, plan_hash, system_identifier,
  database
)
SELECT
  'oban:' || n, 'job ' || n, 'public.oban_jobs', 'W', '{{}}', '11 4 1 1 *', 'GMT', 'demo', 'started', now(), 'x', 1, 1
FROM generate_series(1, {ENTRIES}) AS n;
INSERT INTO cronlift.run_log (job, attempt, cause, state, started_at, ended_at, rows, plan_hash)
SELECT
  'oban:' || 1 + n % {ENTRIES}, 1, 'tick', CASE WHEN n % 97 = 0 THEN 'failed' ELSE 'succeeded' END, t,
  t + (random() * 500 + 3) * interval '1 ms', n % 1000, 'x'
FROM (
  SELECT n, now() - ({ROWS} - n) * interval '0.6 s' AS t FROM generate_series(1, {ROWS}) AS n
) AS made;
"""
READ = "SELECT count(*), max(length(status)), max(start_time) FROM cron.job_run_details"


def main() -> None:
    """Make the rows, look at them, print the figures, take everything away."""
    name = f"benchmark-{os.getpid()}"
    server = sandbox.up(name)
    try:
        with server.server(server.cron_database).connect(read_only=False) as connection:
            _run(connection, HISTORY)
            _run(connection, "ANALYZE cron.job_run_details")
            connection.commit()
            read = _median(lambda: _run(connection, READ))[0]
        print(f"{ROWS:,} runs of {ENTRIES} entries; one plain read of them: {read:.2f} s")
        _show(server, "history", read)
        with server.server().connect(read_only=False) as connection:
            for statement in managed.create_schema(["demo"]):
                _run(connection, text_of(statement))
            _run(connection, LOG)
            _run(connection, "ANALYZE cronlift.run_log")
        _show(server, "history and a run log of as many rows", read)
    finally:
        sandbox.down(name, remove=True)


def _show(server: Sandbox, what: str, read: float) -> None:
    for text, question in (
        ("a look", Question()),
        ("a look with 56 slots for plots", Question(slot=timedelta(hours=3))),
    ):
        middle, least, most = _median(lambda asked=question: monitor(server.server(), asked))  # type: ignore[misc]
        print(f"{what}: {text}: {middle:.2f} s ({least:.2f} to {most:.2f}), {middle / read:.1f} plain reads")
    found = monitor(server.server(), Question(slot=timedelta(hours=3)))
    drawn = _median(lambda: [plots.svg(draw(found), "x") for draw in (plots.runs, plots.failures, plots.durations)])
    print(f"{what}: three plots: {drawn[0]:.2f} s; metrics: {_median(lambda: metrics.text(found))[0]:.2f} s")


def _median(work: Callable[[], object]) -> tuple[float, float, float]:
    taken = []
    for _ in range(LOOKS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), min(taken), max(taken)


def _run(connection: Connection, text: str) -> None:
    connection.execute(text.encode())


if __name__ == "__main__":
    main()
