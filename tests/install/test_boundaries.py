"""The client killed, and the server restarted at once, at every statement boundary of install and of rollback.

Afterwards there is the former state, or one that running the same command again finishes; and the run folder never
denies what is in the databases. The boundaries are those that a proxy before the server sees, so that none is
forgotten when the code changes. The table of all of them is written into the test's folder and printed at the end of
the test run. By default the client is killed at every boundary where pg_cron lives in another database, and elsewhere
both blows fall from shortly before the first change on; ``CRONLIFT_EVERY_BOUNDARY=1`` strikes everywhere.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from boundary_proxy import Boundary
from building import DELETE, SCHEMA, application, classified, step
from catalogue import differences, exact, named
from clients import Clients
from databases import ROLE, AppDatabase
from fragile import BLOWS, At, Fragile, unharmed
from psycopg import sql

from cronlift import sandbox as private
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.postgres.server import Server
from cronlift.record.run_folder import LOCK, RunFolder
from cronlift.stages.generate import generate
from cronlift.stages.install import install, rollback

EVERYWHERE = bool(os.environ.get("CRONLIFT_EVERY_BOUNDARY"))


@pytest.fixture(scope="module")
def fragile():
    one = Fragile()
    yield one
    private.down(one.name, remove=True)


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    made = Clients(tmp_path_factory.mktemp("clients"))
    yield made
    made.close()


class World:
    """One set-up: the databases, a plan in a run folder, and the ways to bring them into a state."""

    def __init__(self, fragile: Fragile, kind: str, folder: Path, clients: Clients) -> None:
        self.fragile, self.clients = fragile, clients
        name = fragile.sandbox.cron_database if kind == "own" else f"shop_{kind}"
        with fragile.sandbox.server("template1").connect(read_only=False) as connection:
            connection.autocommit = True
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,)).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
            if kind == "own":
                owner = sql.SQL("ALTER DATABASE {} OWNER TO {}")
            else:
                owner = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(owner.format(sql.Identifier(name), sql.Identifier(ROLE)))
        self.server = Server(settings=fragile.sandbox.server(name).settings)
        self.shop = AppDatabase(name, ROLE, fragile.sandbox, self.server)
        self.shop.execute(SCHEMA)
        # A procedure, and a command without one: each kind of statement occurs. Neither is due while this runs.
        jobs = (
            classified("Shop.CleanupWorker", step(DELETE), schedule="0 0 1 1 *"),
            classified("Shop.VacuumWorker", step("VACUUM cart"), schedule="0 1 1 1 *"),
        )
        self.plan: Plan = generate(application(folder, *jobs), folder, self.server)
        self.template = folder / "template"
        with RunFolder(self.template).writing() as run:
            run.write_document(self.plan)
        self.run = folder / "run"
        self.former, self.exact = named(self.shop, self.plan), exact(self.shop, self.plan)
        install(self.plan, self.server, apply=True)
        self.whole = named(self.shop, self.plan)
        rollback(self.plan, self.server, apply=True)

    def start(self, way: str) -> None:
        """Bring databases and run folder to where an act of this way begins."""
        shutil.rmtree(self.run, ignore_errors=True)
        shutil.copytree(self.template, self.run)
        (rollback if way == "install" else install)(self.plan, self.server, apply=True)
        if way == "rollback":
            with RunFolder(self.run).writing() as run:
                run.write_document(install(self.plan, self.server, apply=True))

    def act(self, way: str, at: At) -> tuple[int, str]:
        """Run the command through the proxy; ``at`` is given the client's process id and each boundary."""
        ended = self.fragile.act(self.clients, [way, "--run", str(self.run), "--apply"], self.shop.name, at)
        return ended.code, ended.said

    def state(self) -> str:
        """In words; an AssertionError for a state that nobody planned."""
        found = named(self.shop, self.plan)
        if found == self.former:
            return "former"
        if found == self.whole:
            return "whole"
        assert found["entries"] == self.former["entries"], "cron entries without all of their procedures"
        assert found["procedures"] == self.whole["procedures"]
        return "procedures only"

    def files(self) -> dict[str, bytes]:
        """What the run folder holds, but the lock."""
        found = [path for path in self.run.rglob("*") if path.is_file() and path.name != LOCK]
        return {str(path): path.read_bytes() for path in found}

    def recorded(self) -> Installation | None:
        return RunFolder(self.run).read_if_there(Installation)


@pytest.fixture(scope="module", params=["separate", "own"])
def world(request, fragile, clients, tmp_path_factory):
    return World(fragile, request.param, tmp_path_factory.mktemp(request.param), clients)


@pytest.mark.parametrize("way", ["install", "rollback"])
@pytest.mark.parametrize("blow", BLOWS)
def test_every_boundary(world: World, way: str, blow: str, boundary_table) -> None:
    boundaries = _boundaries(world, way)
    chosen = [b for b in boundaries if _hit(b, boundaries, blow, split=world.plan.target.split)]
    assert len([b for b in chosen if b.text == "COMMIT"]) >= 2
    goal = "whole" if way == "install" else "former"
    start = "former" if way == "install" else "whole"
    seen: set[str] = set()
    world.start(way)
    for boundary in chosen:
        assert world.state() == start
        before = world.files()
        code, said = world.act(way, world.fragile.striker(boundary, blow))
        world.fragile.wait_for_clients()
        assert code == (-signal.SIGKILL if blow == "client killed" else 3), said
        assert "Traceback" not in said
        state = world.state()
        seen.add(state)
        _check_record(world, state)
        if state == start and world.files() == before:
            # Nothing at all happened, in the databases or in the run folder: another run is a first run.
            boundary_table(way, blow, world.shop.name, boundary, state, "as if never run")
            continue
        again, said = world.act(way, unharmed)
        assert again == 0, said
        assert world.state() == goal
        recorded = world.recorded()
        assert recorded is not None
        assert (recorded.applied, recorded.complete, recorded.act) == (True, True, way)
        boundary_table(way, blow, world.shop.name, boundary, state, goal)
        world.start(way)
    rollback(world.plan, world.server, apply=True)
    assert differences(world.exact, exact(world.shop, world.plan)) == []
    assert {"former", "whole"} <= seen
    assert ("procedures only" in seen) == world.plan.target.split


def _boundaries(world: World, way: str) -> list[Boundary]:
    """Every boundary of an act that nothing happens to."""
    world.start(way)
    found: list[Boundary] = []
    code, said = world.act(way, lambda pid, boundary: found.append(boundary))
    assert code == 0, said
    return found


def _hit(boundary: Boundary, boundaries: list[Boundary], blow: str, *, split: bool) -> bool:
    """What comes after one request comes before the next: for the databases the same moment when the client dies, and
    when the server does, but for COMMIT, whose answer the client may never see."""
    last = boundary.number == boundaries[-1].number
    if boundary.moment == "after":
        return boundary.text == "COMMIT" or last
    if EVERYWHERE or (blow == "client killed" and split):
        return True
    writes = next(b.number for b in boundaries if re.match(r"CREATE PROCEDURE|SELECT cron\.|DO ", b.text))
    return boundary.number >= writes - (6 if split else 1)


def _check_record(world: World, state: str) -> None:
    """What may be in the databases is not denied, and an act that may not have ended is not called complete."""
    recorded = world.recorded()
    if state != "former":
        assert recorded is not None
        assert recorded.applied
    if recorded is not None and recorded.applied and recorded.complete:
        assert state == ("whole" if recorded.act == "install" else "former")
