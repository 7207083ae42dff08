"""What an effect proof costs: ``python benchmarks/proof.py [ROWS …]`` (default: 10k, 200k and 2M rows).

In savepoints: the whole proof of a job (planting, both sides, the second round, every comparison) against what the job
itself takes and what one reading of every row it touches takes, in one run on one server. ``bound`` is 3 × the job's
time + one reading; ``ratio`` = proof / bound. ``fixed`` is what the same proof costs on empty tables (connecting,
catalogs, planting row by row), ``growth`` the ratio without it: what counts as the tables grow.

On copies: the time to see what a run changed, from the log of changes and by reading every row, after as many changes
in tables of each size, and after more changes in one size. The log's must hang on the changes alone.

Prints one JSON object. Times are the least of three runs, in milliseconds.
"""

# ruff: noqa: E402 - the checkout's own modules come after its paths; numbers are written into SQL

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "lib"), str(Path(__file__).parents[1] / "tests" / "generate")]

import building

from cronlift import sandbox as private
from cronlift.model.plan import Plan
from cronlift.postgres.server import Connection, Server
from cronlift.proof import decoding, readout
from cronlift.proof.case import Case
from cronlift.proof.planned_job import prove
from cronlift.proof.session import sides
from cronlift.stages.generate import generate
from cronlift.stages.install import install

SIZES = (10_000, 200_000, 2_000_000)
JOBS = {
    "delete a tenth": "DELETE FROM cache WHERE expires_at < now()",
    "update a fifth": "UPDATE cache SET hits = hits + 1 WHERE expires_at < now() + interval '1 day' AND hits < 5",
    "insert as many": "INSERT INTO seen (key) SELECT key FROM cache ON CONFLICT (key) DO NOTHING",
}
SCHEMA = """
CREATE UNLOGGED TABLE cache (
  key text PRIMARY KEY, body jsonb NOT NULL, expires_at timestamptz NOT NULL, hits integer NOT NULL DEFAULT 0
);
CREATE TABLE seen (key text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE bystander (id bigint PRIMARY KEY, note text);
INSERT INTO cache (key, body, expires_at)
SELECT 'package:' || n, jsonb_build_object('name', 'p' || n, 'downloads', n),
  now() + (n % 10 - 1) * interval '10 hours' + interval '1 minute' * sign(n % 10 - 1)
FROM generate_series(1, {rows}) AS n;
INSERT INTO bystander SELECT n, 'n' || n FROM generate_series(1, {rows}) AS n;
"""


def least(run: Callable[[], object], times: int = 3) -> float:
    """The least of some runs, in milliseconds."""
    found = []
    for _ in range(times):
        start = perf_counter()
        run()
        found.append(perf_counter() - start)
    return round(min(found) * 1000, 1)


def planned(statement: str, server: Server) -> Plan:
    """The statement as a job, planned and installed."""
    with tempfile.TemporaryDirectory() as folder:
        judged = building.application(Path(folder), building.classified("Bench.Worker", building.step(statement)))
        plan = generate(judged, Path(folder), server)
    assert not plan.refused, plan.refused
    install(plan, server, apply=True)
    return plan


def job_itself(connection: Connection, statement: str) -> None:
    """The app's statement, rolled back."""
    with connection.transaction(force_rollback=True):
        connection.execute(statement.encode())


def reading(connection: Connection, tables: tuple[str, ...]) -> None:
    """Every row of the tables, once."""
    with connection.transaction(force_rollback=True):
        readout.reading(connection)
        known = readout.relations(connection)
        for table in tables:
            readout.digest(connection, known["public", table])


def in_savepoints(server: Server, database: str, fixed: dict[str, float]) -> dict[str, Any]:
    """One row per job: its time, the reading's, the proof's, and the ratios; ``fixed`` from a run on empty tables."""
    out = {}
    for name, statement in JOBS.items():
        plan = planned(statement, server)
        target = plan.target
        with server.connect(database, read_only=False) as connection:
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")
            app, role = sides(connection, target, plan.jobs[0])
            tables = ("cache", "seen") if "seen" in statement else ("cache",)
            job = least(lambda c=connection, s=statement: job_itself(c, s))  # type: ignore[misc]
            scan = least(lambda c=connection, t=tables: reading(c, t))  # type: ignore[misc]
            connection.execute("VACUUM")
        connection.close()
        case = Case(server.in_database(target.cron_database), database, target, plan.jobs[0], app, role, installed=True)
        finding = prove(case)
        assert finding.result in ("equal", "weak"), finding
        proof = least(lambda c=case: prove(c))  # type: ignore[misc]
        bound = 3 * job + scan
        out[name] = {
            "job": job,
            "reading": scan,
            "proof": proof,
            "bound": round(bound, 1),
            "ratio": round(proof / bound, 2),
            "fixed": fixed.get(name, proof),
            "growth": round(max(0.0, proof - fixed.get(name, proof)) / bound, 2),
        }
        with server.connect(database, read_only=False) as connection:
            planned_job = plan.jobs[0]
            connection.execute(f"DROP PROCEDURE {planned_job.schema_name}.{planned_job.procedure}()".encode())
            connection.commit()
        connection.close()
    return out


def seen_by_the_log(server: Server, database: str, rows: int, changes: int) -> dict[str, float]:
    """Milliseconds to open a slot, to read the changes from it, and to read the whole table."""
    with server.connect(database, read_only=False) as connection:
        connection.autocommit = True
        connection.execute("DROP TABLE IF EXISTS stock")
        connection.execute("CREATE TABLE stock (id integer PRIMARY KEY, name text NOT NULL, n integer NOT NULL)")
        connection.execute("INSERT INTO stock SELECT n, 'item ' || n, 0 FROM generate_series(1, %s) AS n", (rows,))
        connection.execute("DROP PUBLICATION IF EXISTS cronlift_proof")
        decoding.prepare(connection)
        start = perf_counter()
        tap = decoding.Tap(connection)
        opened = perf_counter() - start
        connection.execute("UPDATE stock SET n = n + 1 WHERE id <= %s", (changes,))
        start = perf_counter()
        log = tap.log()
        told = perf_counter() - start
        assert log.nets["public", "stock"].counts == [0, changes, 0]
        tap.close()
        whole = least(lambda: reading(connection, ("stock",)))
    connection.close()
    return {"slot": round(opened * 1000, 1), "by the log": round(told * 1000, 1), "read whole": whole}


def main() -> None:
    """Both parts, at every size."""
    sizes = [int(text) for text in sys.argv[1:]] or list(SIZES)
    sandbox = private.up("bench-proof")
    out: dict[str, Any] = {}
    try:
        fixed: dict[str, float] = {}
        for rows in (0, *sizes):
            with sandbox.server().connect(read_only=False) as connection:
                connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION demo")
                connection.execute("SET ROLE demo")
                connection.execute(SCHEMA.format(rows=rows).encode())
                connection.execute("RESET ROLE")
            connection.close()
            found = in_savepoints(sandbox.server(), sandbox.database, fixed)
            if rows == 0:
                fixed = {name: row["proof"] for name, row in found.items()}
            else:
                by_log = seen_by_the_log(sandbox.server(), sandbox.database, rows, 1000)
                out[str(rows)] = {"in savepoints": found, "1000 changes on a copy": by_log}
        out["changes in 200000 rows"] = {
            str(n): seen_by_the_log(sandbox.server(), sandbox.database, 200_000, n)
            for n in (100, 1000, 10_000, 100_000)
        }
    finally:
        private.down("bench-proof", remove=True)
    print(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()
