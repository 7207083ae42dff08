"""The client killed, and the server restarted at once, at the statement boundaries of every step of a handover.

At every moment each tick has one owner: where the fence lets the application's row pass, pg_cron's runner would not run
it, and where it turns the row away, there is an entry that calls a runner that would. And the same command, run again,
finishes. The table of all boundaries is printed at the end of the test run (the plain installation's own boundaries:
tests/install/test_boundaries.py). By default the client is killed where pg_cron lives in another database, and the
server restarted where it lives in the same one, at the first change of each transaction and around every COMMIT; the
other way round around COMMITs of changes only. ``CRONLIFT_EVERY_BOUNDARY=1`` does both in both, at every statement.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import queues
from boundary_proxy import Boundary
from building import DELETE, INSERT, REFRESH, SCHEMA, application, classified, step
from clients import Clients
from databases import ROLE, AppDatabase
from fragile import BLOWS, Fragile, unharmed
from psycopg import sql

from cronlift import sandbox as private
from cronlift.generate import statements
from cronlift.handover.removal import uninstall
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder
from cronlift.stages.generate import generate
from cronlift.stages.install import install, rollback

EVERYWHERE = bool(os.environ.get("CRONLIFT_EVERY_BOUNDARY"))
WRITES = re.compile(r"(CREATE|DO|INSERT|UPDATE|DELETE|DROP|GRANT|REVOKE|COMMENT|SET LOCAL ROLE)\b|SELECT cron\.")
NEVER_DUE = "0 0 1 1 *"  # while this runs

# step → (arguments, where it starts, where it ends, exit code)
STEPS = {
    "install": (["install"], "absent", "shut", 0),
    "start": (["jobs", "start"], "shut", "started", 0),
    "complete": (["jobs", "complete", "--deployed", "r1"], "started", "completed", 0),
    "rollback": (["jobs", "rollback", "--wait", "0"], "started", "going back", 4),
    "rollback's end": (["jobs", "rollback", "--wait", "0"], "back", "back", 0),
    "removal": (["rollback"], "back", "absent", 0),
}


class World:
    """A managed plan in a run folder, the databases, and the ways to bring them into a state."""

    def __init__(self, fragile: Fragile, kind: str, folder: Path, clients: Clients) -> None:
        self.fragile, self.clients = fragile, clients
        name = fragile.sandbox.cron_database if kind == "own" else f"shop_{kind}"
        with fragile.sandbox.server("template1").connect(read_only=False) as connection:
            connection.autocommit = True
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
            owner = "ALTER DATABASE {} OWNER TO {}" if kind == "own" else "CREATE DATABASE {} OWNER {}"
            connection.execute(sql.SQL(owner).format(sql.Identifier(name), sql.Identifier(ROLE)))
        connection.close()
        self.server = Server(settings=fragile.sandbox.server(name).settings)
        self.shop = AppDatabase(name, ROLE, fragile.sandbox, self.server)
        self.shop.execute(SCHEMA + queues.STATE + queues.ELIXIR)
        jobs = (
            classified("Shop.CleanupWorker", step(DELETE), schedule=NEVER_DUE),
            classified("Shop.PrewarmWorker", step(REFRESH), step(INSERT), schedule=NEVER_DUE),
            classified("Shop.VacuumWorker", step("VACUUM cart"), schedule=NEVER_DUE),
        )
        self.plan: Plan = generate(application(folder, *jobs), folder, self.server, mode="managed")
        assert self.plan.refused == ()
        self.template = folder / "template"
        with RunFolder(self.template).writing() as run:
            run.write_document(self.plan)
        self.run = folder / "run"

    def begin(self, state: str) -> None:
        """Bring databases and run folder to where a step begins."""
        shutil.rmtree(self.run, ignore_errors=True)
        shutil.copytree(self.template, self.run)
        if state != "absent":
            install(self.plan, self.server, apply=True)
            self._alone(wanted=state == "started")
        moments = {
            "shut": ("shut", None, None),
            "started": ("started", "now() - interval '1 hour'", None),
            "back": ("rolled_back", "now() - interval '2 hours'", "now() - interval '1 hour'"),
        }
        if state in moments or state == "absent":
            word, begin, end = moments.get(state, ("shut", None, None))
            with self.shop.admin() as connection:
                if connection.execute("SELECT to_regclass('cronlift.gate') IS NOT NULL").fetchone() == (True,):
                    connection.execute(
                        f"UPDATE cronlift.gate SET state = '{word}', pg_from = {begin or 'NULL'}, "
                        f"pg_until = {end or 'NULL'}, rows_from = NULL, rows_until = NULL".encode()
                    )
            connection.close()
        if state == "absent":
            rollback(self.plan, self.server, apply=True)
            uninstall(self.plan, self.server, apply=True)
        self.alive()

    def _alone(self, *, wanted: bool) -> None:
        with self.shop.admin(self.plan.target.cron_database) as connection:
            for job in self.plan.jobs:
                if job.procedure is not None:
                    continue
                row = connection.execute("SELECT FROM cron.job WHERE jobname = %s", (job.cron_name,)).fetchone()
                if wanted != (row is not None):
                    make = statements.schedule(job, self.plan.target) if wanted else statements.unschedule(job)
                    for statement in make:
                        connection.execute(sql.Composed([statement]))
        connection.close()

    def alive(self) -> None:
        """What shows a start that pg_cron and the application's scheduler are at work: they were in this minute."""
        meta = json.dumps({"cron": True, "cron_expr": NEVER_DUE})
        with self.shop.admin() as connection:
            connection.execute("DELETE FROM oban_jobs")
            for worker in ("Shop.CleanupWorker", "Shop.PrewarmWorker", "Shop.VacuumWorker"):
                connection.execute(
                    "INSERT INTO oban_jobs (worker, meta, inserted_at) "
                    "VALUES (%s, %s, date_trunc('year', now() AT TIME ZONE 'UTC'))",
                    (worker, meta),
                )
            if connection.execute("SELECT to_regclass('cronlift.heartbeat') IS NOT NULL").fetchone() == (True,):
                connection.execute(
                    "INSERT INTO cronlift.heartbeat (job_role, tick, at) SELECT 'app', t, t FROM date_trunc('minute', "
                    "now()) AS t ON CONFLICT (job_role) DO UPDATE SET tick = excluded.tick, at = excluded.at"
                )
        connection.close()

    def act(self, way: str, at) -> tuple[int, str]:
        """Run the step's command through the proxy; ``at`` is given the client's process id and each boundary."""
        arguments = [*STEPS[way][0], "--run", str(self.run), "--apply"]
        ended = self.fragile.act(self.clients, arguments, self.shop.name, at)
        return ended.code, ended.said

    def state(self) -> str:
        """In words."""
        with self.shop.admin() as connection:
            there = connection.execute("SELECT to_regclass('cronlift.gate') IS NOT NULL").fetchone() == (True,)
            rows = (
                connection.execute("SELECT DISTINCT state, pg_until > now() FROM cronlift.gate").fetchall()
                if there
                else []
            )
            procedures = connection.execute(
                "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'p'"
            ).fetchone()
        connection.close()
        assert len(rows) <= 1, f"jobs of one act stand apart: {rows}"
        entries = sum(not name.endswith("/sweep") and "sweep" not in command for name, command in self._entries())
        if not rows:
            return "absent" if not entries and procedures == (0,) else "between"
        word = {"rolled_back": "going back" if rows[0][1] else "back"}.get(rows[0][0], rows[0][0])
        whole = 2  # the jobs with a procedure
        alone = word in ("started", "completed")  # what stands alone has its entry only while pg_cron is to run it
        return (
            str(word) if entries >= whole and (entries == whole + alone or word == "back") else f"{word}, entries short"
        )

    def _entries(self) -> list[tuple[str, str]]:
        with self.shop.admin(self.plan.target.cron_database) as connection:
            rows = connection.execute(
                "SELECT jobname, command FROM cron.job WHERE active AND database = %s", (self.shop.name,)
            ).fetchall()
        connection.close()
        return [(str(name), str(command)) for name, command in rows]

    def check_owners(self) -> None:
        """Each tick has one owner: asked of the fence by an insert, and of the runner by its own question."""
        entries = dict(self._entries())
        now = datetime.now(UTC)
        ticks = [now + timedelta(minutes=m) for m in (-200_000, -90, -30, 0, 4, 7, 30, 500_000)]
        with self.shop.admin() as connection:
            for job in self.plan.jobs:
                if job.procedure is None:
                    continue  # stands alone: no gate holds it back, which is said
                for tick in ticks:
                    app = self._passes(connection, job.worker, tick)
                    database = self._runs(connection, job.id, tick)
                    if database and tick >= now:  # what is over is history
                        assert entries.get(job.cron_name) == job.command, f"{job.id} has no entry to run it"
                        there = connection.execute("SELECT to_regproc(%s) IS NOT NULL", (f"public.{job.procedure}",))
                        assert there.fetchone() == (True,)
                    assert app != database, f"{job.id} at {tick}: app {app}, pg_cron {database}"
        connection.close()

    def _passes(self, connection: psycopg.Connection, worker: str, tick: datetime) -> bool:
        meta = json.dumps({"cron": True, "cron_expr": NEVER_DUE, "cron_at": tick.isoformat()})
        with connection.transaction(force_rollback=True):
            connection.execute("SET LOCAL ROLE app")
            row = connection.execute(
                "INSERT INTO oban_jobs (worker, meta) VALUES (%s, %s) RETURNING state::text", (worker, meta)
            ).fetchone()
        return row == ("available",)

    def _runs(self, connection: psycopg.Connection, job: str, tick: datetime) -> bool:
        if connection.execute("SELECT to_regproc('cronlift.owns') IS NOT NULL").fetchone() != (True,):
            return False
        row = connection.execute(
            "SELECT cronlift.owns(g, %s) FROM cronlift.gate AS g WHERE g.job = %s", (tick, job)
        ).fetchone()
        return row == (True,)


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    made = Clients(tmp_path_factory.mktemp("clients"))
    yield made
    made.close()


@pytest.fixture(scope="module", params=["separate", "own"])
def world(request, clients, tmp_path_factory):
    one = Fragile("kill")
    try:
        yield World(one, request.param, tmp_path_factory.mktemp(request.param), clients)
    finally:
        private.down(one.name, remove=True)


@pytest.mark.timeout(3600 if EVERYWHERE else 300)
@pytest.mark.parametrize("way", STEPS)
@pytest.mark.parametrize("blow", BLOWS)
def test_every_boundary_has_one_owner(world: World, way: str, blow: str, boundary_table) -> None:
    _, start, goal, done = STEPS[way]
    world.begin(start)
    boundaries: list[Boundary] = []
    code, said = world.act(way, lambda pid, boundary: boundaries.append(boundary))
    assert code == done, said
    assert world.state() == goal
    world.check_owners()
    often = EVERYWHERE or world.plan.target.split == (blow == "client killed")
    chosen = [b for b in boundaries if _hit(b, boundaries, commits_only=not often)]
    assert chosen
    world.begin(start)
    for boundary in chosen:
        assert world.state() == start
        code, said = world.act(way, world.fragile.striker(boundary, blow))
        world.fragile.wait_for_clients()
        assert "Traceback" not in said
        assert code == -signal.SIGKILL if blow == "client killed" else code in (3, done), said
        world.check_owners()
        state = world.state()
        world.alive()
        again, said = world.act(way, unharmed)
        assert again == done, (boundary, state, said)
        assert world.state() == goal
        world.check_owners()
        boundary_table(way, blow, world.shop.name, boundary, state, goal)
        world.begin(start)
    world.begin("absent")


def _hit(boundary: Boundary, boundaries: list[Boundary], *, commits_only: bool) -> bool:
    """Whether this one is struck, every day.

    What comes after one request comes before the next, but for the answer to COMMIT, which the client may never
    see; and until COMMIT a transaction has done nothing. So: the first change of each transaction, COMMIT, its answer,
    and the end."""
    if EVERYWHERE and boundary.moment == "before":
        return True
    earlier = [b for b in boundaries if b.moment == "before" and b.number < boundary.number]
    since = next((n for n, b in enumerate(reversed(earlier)) if b.text in ("COMMIT", "ROLLBACK")), len(earlier))
    changed = any(WRITES.match(b.text) for b in earlier[len(earlier) - since :])
    if boundary.text == "COMMIT":
        return changed or not commits_only
    if boundary.moment == "after":
        return boundary.number == boundaries[-1].number
    return bool(WRITES.match(boundary.text)) and not changed and not commits_only
