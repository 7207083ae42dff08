"""A real private server: brought up, twice, after crashes, with other settings, and taken down."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from databases import AppDatabase

from cronlift import sandbox as private
from cronlift.errors import ServerError, UsageError
from cronlift.postgres import capabilities, disposable
from cronlift.sandbox import private_server, processes
from cronlift.sandbox.account import Account
from cronlift.sandbox.cluster import Cluster
from cronlift.sandbox.private_server import Sandbox

NAME = f"pytest-{os.getpid()}-own"


@pytest.fixture(scope="module")
def _programs(sandbox: Sandbox) -> Iterator[None]:
    """The session's sandbox has brought the programs; this module's own is removed at its end."""
    yield
    private.down(NAME, remove=True)


@pytest.fixture
def own(_programs: None) -> Sandbox:
    """A sandbox that a test may break: up when the test starts, whatever the one before did to it."""
    return private.up(NAME)


def _cluster() -> Cluster:
    return private_server._cluster(NAME)


def _processes() -> list[int]:
    """Every live process of the module's sandbox, the postmaster's included."""
    found = subprocess.run(["ps", "-ewwo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    title, data = _cluster().title, str(_cluster().data)
    lines = [line.split(None, 2) for line in found.splitlines()]
    return [
        int(pid) for pid, stat, *args in lines if args and "Z" not in stat and (title in args[0] or data in args[0])
    ]


def test_what_comes_up(own: Sandbox) -> None:
    with own.server().connect() as connection:
        assert connection.info.dbname == own.database == "demo"
        assert disposable.is_disposable(connection)
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()  # type: ignore[arg-type]
            for name in ("listen_addresses", "jit", "TimeZone", "cron.database_name", "cron.host", "server_encoding")
        }
        assert shown == {
            "listen_addresses": ("",),
            "jit": ("off",),
            "TimeZone": ("UTC",),
            "cron.database_name": ("postgres",),
            "cron.host": (str(own.socket),),
            "server_encoding": ("UTF8",),
        }
        owner = connection.execute(
            "SELECT r.rolname, r.rolsuper FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE datname = 'demo'"
        ).fetchone()
        assert owner == ("demo", False)
    with own.server().connect_cron() as connection:
        assert connection.info.dbname == own.cron_database == "postgres"
        assert capabilities.of(connection).launcher_alive
    with own.server(user="demo").connect(read_only=False) as connection:
        assert connection.info.user == "demo"


def test_only_its_owner_gets_in(own: Sandbox) -> None:
    for folder in (own.socket, own.socket.parent, own.data):
        assert folder.stat().st_mode & 0o077 == 0
    assert len(os.fsencode(own.socket / ".s.PGSQL.5432")) <= 107
    assert Path(f"/proc/{own.pid}").stat().st_uid == own.socket.stat().st_uid != 0


def test_up_twice_is_the_same_server(own: Sandbox) -> None:
    assert private.up(NAME) == own
    assert private.running(NAME) == own
    status = private.status(NAME)
    assert (status.pid, status.major) == (own.pid, own.programs.major)


def test_several_at_once_make_one_server(own: Sandbox) -> None:
    private.down(NAME, remove=True)
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: private.up(NAME), range(3)))
    assert {s.pid for s in made} == {private.status(NAME).pid}


def test_down_leaves_nothing_running_and_up_finds_the_data(own: Sandbox) -> None:
    with own.server().connect(read_only=False) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS a")
    with own.server().connect():  # an open session does not hold it up
        assert private.down(NAME) is True
    assert _processes() == []
    assert list(own.socket.iterdir()) == []
    assert private.down(NAME) is False
    assert private.status(NAME).pid is None
    with pytest.raises(ServerError, match=f"the sandbox {NAME} is not running"):
        private.running(NAME)
    with private.up(NAME).server().connect(read_only=False) as connection:
        assert connection.execute("TABLE kept").fetchall() == [(1,)]
        connection.execute("DROP TABLE kept")


def test_a_killed_server_comes_back_with_its_data(own: Sandbox) -> None:
    with own.server().connect(read_only=False) as connection:
        connection.execute("CREATE TABLE survivor AS SELECT 2 AS a")
    # A backend that does not notice its postmaster's death holds the shared memory: PostgreSQL would not start.
    sleeper = own.server().connect(read_only=False)
    sleeper.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
    backend = sleeper.info.backend_pid
    os.kill(own.pid, signal.SIGKILL)
    assert processes.wait_for(lambda: private.status(NAME).pid is None, 10)
    assert (own.data / "postmaster.pid").exists()
    assert (own.socket / ".s.PGSQL.5432").exists()
    assert backend in _processes()
    again = private.up(NAME)
    sleeper.close()
    assert again.pid != own.pid
    assert backend not in _processes()
    with again.server().connect(read_only=False) as connection:
        assert connection.execute("TABLE survivor").fetchall() == [(2,)]
        connection.execute("DROP TABLE survivor")


def test_a_pid_file_that_names_somebody_elses_process_is_stale(own: Sandbox) -> None:
    private.down(NAME)
    (own.data / "postmaster.pid").write_text(f"{os.getpid()}\n{own.data}\n0\n5432\n{own.socket}\n\n0\nready\n")
    assert private.status(NAME).pid is None
    assert private.down(NAME) is False  # and does not kill us
    (own.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert private.up(NAME).pid != os.getpid()


def test_data_that_was_being_made_in_a_crash_is_made_anew(own: Sandbox) -> None:
    private.down(NAME)
    cluster = _cluster()
    (cluster.data / "PG_VERSION").unlink()
    (cluster.home / "data.new").mkdir()
    (cluster.home / "data.new" / "rest").touch()
    with private.up(NAME).server().connect() as connection:
        assert connection.info.dbname == "demo"
    assert not (cluster.home / "data.new").exists()


def test_other_settings_restart_the_server(own: Sandbox) -> None:
    with private.up(NAME, background_workers=True).server().connect_cron() as connection:
        found = capabilities.of(connection)
    assert found.background_workers is True
    again = private.up(NAME, database="app", cron_database="app")  # both in one database
    with again.server().connect_cron() as connection:
        assert connection.info.dbname == "app"
    private.down(NAME, remove=True)


def test_a_socket_that_was_swept_away_comes_back(own: Sandbox) -> None:
    shutil.rmtree(own.socket)
    with private.up(NAME).server().connect() as connection:
        assert connection.info.dbname == "demo"


def test_a_server_that_will_not_start_says_why(own: Sandbox) -> None:
    private.down(NAME)
    (own.data / "global/pg_control").rename(own.data / "global/pg_control.away")
    with pytest.raises(ServerError) as raised:
        private.up(NAME)
    assert "the sandbox's server did not start" in str(raised.value)
    assert "pg_control" in str(raised.value)
    private.down(NAME, remove=True)
    assert not own.data.parent.exists()
    assert not own.socket.exists()


def test_data_of_another_major_version_is_not_touched(own: Sandbox) -> None:
    private.down(NAME)
    (own.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ServerError) as raised:
        private.up(NAME)
    assert "was made by PostgreSQL 9" in str(raised.value)
    assert f"cronlift sandbox down --name {NAME} --remove" in str(raised.value)
    private.down(NAME, remove=True)


def test_a_folder_of_somebody_elses_is_not_used(own: Sandbox) -> None:
    private.down(NAME, remove=True)
    own.socket.symlink_to("/tmp")
    try:
        with pytest.raises(ServerError, match="somebody else"):
            private.up(NAME)
    finally:
        own.socket.unlink()


@pytest.mark.parametrize("name", ["", "../x", "A", "x" * 33, "-x", "a b", "a\n"])
def test_names(name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a sandbox"):
        private.up(name)


def test_pg_cron_runs_a_job_there_and_records_true_times(app_database: AppDatabase) -> None:
    with app_database.admin("postgres") as connection:
        found = capabilities.of(connection)
        old = found.version in ("1.3", "1.4")  # no schedules in seconds; background workers record false end times
        row = connection.execute(
            "SELECT cron.schedule_in_database('probe', %s, 'SELECT pg_sleep(0.3)', %s, 'app')",
            ("* * * * *" if old else "1 seconds", app_database.name),
        ).fetchone()
        assert row is not None
        connection.commit()
        query = (
            "SELECT status, return_message, database, username, end_time - start_time >= '0.3 s' "
            "FROM cron.job_run_details WHERE jobid = %s AND status <> 'running' ORDER BY runid LIMIT 1"
        )
        end = time.monotonic() + 90
        while (run := connection.execute(query, row).fetchone()) is None:
            assert time.monotonic() < end, "pg_cron ran nothing"
            connection.commit()
            time.sleep(0.2)
    *told, true_times = run
    assert told == ["succeeded", "SELECT 1" if found.background_workers else "1 row", app_database.name, "app"]
    assert true_times or (old and found.background_workers)


def test_runs_as_an_ordinary_user(sandbox: Sandbox) -> None:
    """As root, once more as nobody, with the programs of this session (the download has a test of its own)."""
    if os.geteuid() != 0:
        pytest.skip("everything here ran as an ordinary user already")
    nobody = Account(65534, 65534, switched=True)
    library, packages = Path(private.__file__).parents[2], Path(sysconfig.get_paths()["platlib"])
    pythons = (Path(sys.executable), Path(f"/usr/bin/python3.{sys.version_info.minor}"))
    python = next((p for p in pythons if p.exists() and nobody.reaches(p)), None)
    if python is None or not nobody.reaches(library) or not nobody.reaches(packages):
        pytest.skip("the checkout or the interpreter lies where only root can read")
    home = Path(f"/tmp/cronlift-test-home-{os.getpid()}")
    home.mkdir()
    os.chown(home, nobody.uid, nobody.gid)
    script = (
        "from cronlift import sandbox\n"
        "s = sandbox.up('other')\n"
        "with s.server().connect() as c: print(s.data, c.info.user)\n"
        "print(sandbox.down('other', remove=True))\n"
    )
    try:
        done = subprocess.run(
            [python, "-c", script],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "PYTHONPATH": f"{library}:{packages}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "CRONLIFT_PG_BINDIR": str(sandbox.programs.bindir),
            },
            **nobody.switch(),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    finally:
        shutil.rmtree(home)
    assert done.stderr == ""
    assert done.stdout == f"{home}/.local/state/cronlift/sandbox/other/data postgres\nTrue\n"
