"""What the fence costs an insert into the application's queue table, in a private server.

    .venv/bin/python benchmarks/fence.py

Each kind of insert is timed on the same rows, in turns, many times; what is printed is the median microseconds of one
row, and beside it how many times an ordinary insert without a fence that is. Each row goes in by a statement of its
own, as Oban sends them (what a trigger costs once a statement is in the figure), from a block of the server's, so that
no client and no commit is.
"""

from __future__ import annotations

import os
import statistics
import time

from cronlift import sandbox
from cronlift.generate import managed
from cronlift.generate.quoting import text_of
from cronlift.postgres.server import Connection

ROWS, ROUNDS = 2_000, 15
TABLE = """
CREATE TABLE {name} (
  id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'available', queue text NOT NULL DEFAULT 'default',
  worker text NOT NULL, args jsonb NOT NULL DEFAULT '{{}}', errors jsonb[] NOT NULL DEFAULT ARRAY[]::jsonb[],
  attempt integer NOT NULL DEFAULT 0, max_attempts integer NOT NULL DEFAULT 20,
  inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  attempted_at timestamp, completed_at timestamp, attempted_by text[], discarded_at timestamp,
  priority integer NOT NULL DEFAULT 0, tags text[] DEFAULT ARRAY[]::text[], meta jsonb DEFAULT '{{}}',
  cancelled_at timestamp
);
CREATE INDEX ON {name} USING gin (args);
CREATE INDEX ON {name} USING gin (meta);
CREATE INDEX ON {name} (state, queue, priority, scheduled_at, id)
"""
CRON = '{"cron": true, "cron_expr": "* * * * *", "cron_tz": "Etc/UTC", "cron_name": "21721800"}'
# (what, table, worker, meta)
KINDS = (
    ("ordinary insert, no fence", "public.open_jobs", "Shop.Mailer", "{}"),
    ("ordinary insert", "public.oban_jobs", "Shop.Mailer", "{}"),
    ("cron insert, no fence", "public.open_jobs", "Shop.Worker7", CRON),
    ("cron insert of a job that did not move", "public.oban_jobs", "Shop.Stays", CRON),
    ("cron insert that is turned away", "public.oban_jobs", "Shop.Worker7", CRON),
)


def main() -> None:
    """Make the tables and a gate with thirty jobs, time the inserts, print the figures, take everything away."""
    name = f"benchmark-{os.getpid()}"
    server = sandbox.up(name)
    try:
        with server.server().connect(read_only=False) as connection:
            furnish(connection)
            connection.commit()
            connection.autocommit = True
            taken: dict[str, list[float]] = {kind[0]: [] for kind in KINDS}
            for _ in range(ROUNDS):
                for kind, table, worker, meta in KINDS:
                    taken[kind].append(timed(connection, table, worker, meta))
        median = {kind: statistics.median(values) for kind, values in taken.items()}
        plain = median[KINDS[0][0]]
        for kind, value in median.items():
            print(f"{value:7.1f} µs a row, {value / plain:5.2f} times: {kind}")
        print(f"the fence: {median[KINDS[1][0]] - plain:+.1f} µs on an ordinary insert")
        print(f"the fence: {median[KINDS[3][0]] - median[KINDS[2][0]]:+.1f} µs on a cron insert that passes")
    finally:
        sandbox.down(name, remove=True)


def furnish(connection: Connection) -> None:
    """Two queue tables, one behind a fence, and thirty jobs that pg_cron owns."""
    for table in ("public.open_jobs", "public.oban_jobs"):
        connection.execute(TABLE.format(name=table).encode())
    for statement in managed.create_schema(["demo"]):
        connection.execute(text_of(statement).encode())
    connection.execute(text_of(managed.create_fence("public.oban_jobs", "state")).encode())
    connection.execute("""
INSERT INTO cronlift.gate (job, cron_name, relation, worker, args, schedule, timezone, procedure, job_role, state,
  pg_from, plan_hash, system_identifier, database)
SELECT 'oban:Shop.Worker' || n, 'cronlift/demo/Shop.Worker' || n, 'public.oban_jobs', 'Shop.Worker' || n, '{}',
  '* * * * *', 'GMT', 'public.work', 'demo', 'started', '-infinity', 'abc', (pg_control_system()).system_identifier,
  (SELECT oid FROM pg_database WHERE datname = current_database())
FROM generate_series(1, 30) AS n""")


def timed(connection: Connection, table: str, worker: str, meta: str) -> float:
    """Microseconds a row."""
    statement = (
        f"DO $$ BEGIN FOR n IN 1 .. {ROWS} LOOP "
        f"INSERT INTO {table} (worker, args, meta) VALUES ('{worker}', '{{}}', '{meta}'); END LOOP; END $$"
    )
    start = time.perf_counter()
    connection.execute(statement.encode())
    taken = time.perf_counter() - start
    connection.execute(f"TRUNCATE {table}".encode())
    return taken / ROWS * 1e6


if __name__ == "__main__":
    main()
