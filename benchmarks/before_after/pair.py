"""One server (a PostgreSQL, its pg_cron, and how it runs jobs) with the demo application in two databases.

``demo`` has pg_cron and the planned procedures, ``app`` has Oban's tables. Both hold the same rows. The server writes
to disk as a real one does (fsync, full pages), unlike the sandbox it is made of.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "proof")]

import oban_python  # noqa: E402 - the suite's way to a Python that has Oban
import psycopg  # noqa: E402

from cronlift import sandbox as private  # noqa: E402
from cronlift.model.plan import Plan  # noqa: E402
from cronlift.postgres.server import Server  # noqa: E402
from cronlift.stages import decisions  # noqa: E402
from cronlift.stages.classify import classify  # noqa: E402
from cronlift.stages.generate import generate  # noqa: E402
from cronlift.stages.install import install  # noqa: E402

JOBS = ("cleanup", "refresh", "prewarm")
MODES = {"socket": False, "workers": True}
DEMO = ROOT / "examples" / "demo_app"
OBSERVER = "observer"  # whose statements are nobody's: the measurement's own


@dataclass(frozen=True)
class Pair:
    """A running pair; ``plan`` holds the demo's three cache jobs, ``version`` what the server says of itself."""

    name: str
    sandbox: private.Sandbox
    plan: Plan
    version: str

    def connect(self, database: str, user: str = OBSERVER) -> psycopg.Connection[Any]:
        """A connection in autocommit."""
        connection = Server(settings=self.sandbox.server(database, user=user).settings).connect(read_only=False)
        connection.autocommit = True
        return connection

    def command(self, job: str) -> str:
        """What pg_cron's entry for the job runs."""
        return self.plan.jobs[JOBS.index(job)].command


@contextmanager
def pair(name: str, packages: int) -> Iterator[Pair]:
    """Bring up ``15-socket``, ``17-workers``, … with as many packages; gone afterwards."""
    major, mode = name.split("-")
    title = f"bench-{name}-{os.getpid()}"

    def up() -> private.Sandbox:
        return private.up(
            title, database="demo", cron_database="demo", major=int(major), background_workers=MODES[mode]
        )

    try:
        made = up()
        with made.server().connect(read_only=False) as connection:
            connection.autocommit = True
            for setting in (
                "shared_preload_libraries = 'pg_cron', 'pg_stat_statements'",
                "cron.max_running_jobs = 1",  # runs of one minute wait for each other: each is alone
                "fsync = on", "full_page_writes = on", "shared_buffers = '512MB'", "max_wal_size = '4GB'",
                "checkpoint_timeout = '1h'", "wal_level = replica", "autovacuum_naptime = '20s'",
            ):  # fmt: skip
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute(f"CREATE ROLE {OBSERVER} LOGIN SUPERUSER".encode())
        private.down(title)
        yield _filled(name, up(), packages)
    finally:
        private.down(title, remove=True)


def _filled(name: str, made: private.Sandbox, packages: int) -> Pair:
    with made.server().connect(read_only=False) as connection:
        connection.autocommit = True
        connection.execute("CREATE DATABASE app OWNER demo")
        version = " + pg_cron ".join(
            str(connection.execute(query.encode()).fetchone()[0])  # type: ignore[index]
            for query in (
                "SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1)",
                "SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'",
            )
        )
    for database in ("demo", "app"):
        with made.server(database, user="postgres").connect(read_only=False) as admin:
            admin.execute("GRANT ALL ON SCHEMA public TO demo")
        with made.server(database, user="demo").connect(read_only=False) as app:
            app.execute("SELECT set_config('cronlift_demo.packages', %s, false)", (str(packages),))
            for file in ("schema.sql", "seed.sql"):
                app.execute((DEMO / "db" / file).read_bytes())
                app.commit()
        with made.server(database, user=OBSERVER).connect(read_only=False) as observer:
            observer.execute((HERE / "measure.sql").read_bytes())
    with made.server("app", user="demo").connect(read_only=False) as app:
        tables = subprocess.run(
            [oban(), "-c", "import oban.schema; print(oban.schema.install_sql())"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for part in tables.split("-- Tables"):  # a new value of a type cannot be used where it is made
            app.execute(part.encode())
            app.commit()
    server = made.server("demo", user="postgres")
    chosen = decisions.load(DEMO / "decisions.yaml")
    plan = generate(classify(DEMO, "prod", decisions=chosen), DEMO, server, decisions=chosen)
    chosen_jobs = tuple(next(j for j in plan.jobs if f"Cache{job.title()}Worker" in j.id) for job in JOBS)
    install(plan, server, apply=True)
    with made.server("demo", user=OBSERVER).connect(read_only=False) as observer:
        observer.execute((HERE / "watch.sql").read_bytes())
        observer.execute("UPDATE cron.job SET active = false")  # only the measurement's own entries run
    return Pair(name, made, plan.model_copy(update={"jobs": chosen_jobs}), version)


def oban() -> str:
    """A Python with Oban for Python in it. Ends the program where there is none: nothing is compared without it."""
    found = oban_python.python()
    if found is None:
        raise SystemExit(oban_python.MISSING)
    return found


class Application:
    """The application's process on a pair: real Oban for Python with its own pool of connections."""

    def __init__(self, where: Pair, mode: str) -> None:
        url = f"postgresql://demo@/app?host={where.sandbox.socket}&port=5432"
        self._process = subprocess.Popen(
            [oban(), str(HERE / "oban_app.py"), mode],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "DATABASE_URL": url},
        )  # fmt: skip
        self.pid: int = self.read()["ready"]

    def run(self, job: str) -> dict[str, Any]:
        """Enqueue a job and wait for its end."""
        print(job, file=self._input, flush=True)
        return self.read()

    def read(self) -> Any:
        """The next line that the application wrote."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the application ended")
        return json.loads(line)

    def rest(self) -> list[Any]:
        """End it; what it wrote that was not read yet."""
        out, _ = self._process.communicate("\n", timeout=30)
        return [json.loads(line) for line in out.splitlines()]

    def close(self) -> None:
        """End it where that has not been done."""
        self._process.kill()
        self._process.wait()

    @property
    def _input(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin
