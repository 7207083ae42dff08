"""What every command says when it cannot do what was asked: one golden file per command, real servers included."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from awkward_servers import pooler, second_server
from databases import AppDatabase
from golden_messages import FOLDER, WRITE, Messages, sites

from cronlift.commands.main import VERBS, main
from cronlift.model.plan import Plan
from cronlift.record.run_folder import RunFolder
from cronlift.sandbox import Sandbox
from cronlift.stages.classify import classify

APP = {
    "mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n",
    "config/config.exs": """import Config

config :shop, ecto_repos: [Shop.Repo]

config :shop, Oban,
  repo: Shop.Repo,
  plugins: [
    {Oban.Plugins.Cron,
     crontab: [
       {"*/15 * * * *", Shop.Baskets},
       {"0 3 * * *", Shop.Mails}
     ]}
  ]
""",
    "lib/repo.ex": "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres\nend\n",
    "lib/jobs.ex": """defmodule Shop.Baskets do
  use Oban.Worker

  @impl true
  def perform(_job) do
    Shop.Repo.query!("DELETE FROM baskets WHERE touched < now()")
    :ok
  end
end

defmodule Shop.Mails do
  use Oban.Worker

  @impl true
  def perform(_job) do
    System.cmd("sendmail", ["-t"])
    :ok
  end
end
""",
}
SECRET = "Zug@Bahn:7/x"
DECISION = (
    'schema_version: 1\njobs:\n  {job}:\n    code_hash: "{hash}"\n'
    "    who: me\n    when: 2026-01-01\n    why: it is SQL\n"
)

Collect = Callable[[str], Messages]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in APP.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "shop"


@pytest.fixture
def collect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Collect:
    return lambda command: Messages(command, tmp_path, capsys)


def test_inventory(app: Path, collect: Collect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = collect("inventory")
    said.say("no folder of that name", "--app", "nowhere", code=2)
    said.say("a file, not a folder", "--app", "shop/mix.exs", code=2)
    (tmp_path / "other" / "inner").mkdir(parents=True)
    said.say("no application", "--app", "other", code=2)
    (tmp_path / "other" / "inner" / "mix.exs").write_text("")
    said.say("applications one folder further down", "--app", "other", code=2)
    said.say("the option is missing", code=2)
    said.say("an option that does not exist", "--app", "shop", "--passwd", code=2)
    said.say(
        "a connection string on the command line", "--app", "shop", "--service", f"postgres://u:{SECRET}@h/d", code=2
    )
    said.say("the same where a variable's name belongs", "--app", "shop", "--dsn-env", f"password={SECRET}", code=2)
    said.say("the same as an argument", "--app", "shop", f"postgres://u:{SECRET}@h/d", code=2)
    said.say("a service and a variable", "--app", "shop", "--service", "a", "--dsn-env", "B", code=2)
    monkeypatch.delenv("SHOP_DB", raising=False)
    said.say("the variable is not set", "--app", "shop", "--dsn-env", "SHOP_DB", code=2)
    monkeypatch.setenv("SHOP_DB", f"postgres://u:{SECRET}@@@")
    assert SECRET not in said.say(
        "what it holds is no connection string", "--app", "shop", "--dsn-env", "SHOP_DB", code=3
    )
    monkeypatch.setenv("SHOP_DB", f"host=localhost password='{SECRET}")
    assert SECRET not in said.say("nor this", "--app", "shop", "--dsn-env", "SHOP_DB", code=2)
    (app / "lib" / "broken.ex").write_text(
        "defmodule Shop.Broken do\n  # Oban.Plugins.Cron, crontab:\n  def f( do\nend\n"
    )
    (app / "lib" / "latin.ex").write_bytes(b"# Gr\xfc\xdfe\n")
    with (app / "lib" / "large.ex").open("wb") as stream:
        stream.truncate(20 * 1024 * 1024)
    (app / "lib" / "loop.ex").symlink_to("loop.ex")
    (app / "lib" / "out.ex").symlink_to("/etc/hostname")
    os.mkfifo(app / "lib" / "pipe.ex")
    said.say("files that cannot be read: the rest is analysed", "--app", "shop", code=0)
    shutil.rmtree(app / "config")
    said.say("no config/", "--app", "shop", code=0)
    said.compare()


def test_classify(app: Path, collect: Collect, tmp_path: Path) -> None:
    said = collect("classify")
    said.say("no folder of that name", "--app", "nowhere", code=2)
    said.say("no such decisions file", "--app", "shop", "--decisions", "nowhere.yaml", code=2)
    file = tmp_path / "d.yaml"
    job = "oban:Shop.Baskets"
    good = DECISION.format(job=job, hash="sha256:0")
    for case, text in (
        ("a decision on a job that does not exist", DECISION.format(job="oban:Shop.Basket", hash="sha256:0")),
        ("a decision on code that has changed since", good),
        ("no version", "jobs: {}\n"),
        ("another version", good.replace("schema_version: 1", "schema_version: 9")),
        ("not YAML", "schema_version: 1\njobs: [\n"),
        ("a key that stands twice", good + "    why: another reason\n"),
        ("an alias", "schema_version: &a 1\njobs: *a\n"),
        ("a field that does not exist", good + "    cronname: x\n"),
        ("a field that is missing", good.replace("    who: me\n", "")),
        ("text where true or false belongs", good + '    move: "yes"\n'),
        ("a list where text belongs", good.replace("who: me", "who: [me]")),
        ("a verdict that does not exist", good + "    verdict: fine\n"),
        ("a list of jobs", "schema_version: 1\njobs: [a]\n"),
    ):
        file.write_text(text)
        said.say(case, "--app", "shop", "--decisions", "d.yaml", code=2)
    file.write_bytes(b"\xff\xfe")
    said.say("not UTF-8", "--app", "shop", "--decisions", "d.yaml", code=2)
    with file.open("wb") as stream:
        stream.truncate(20 * 1024 * 1024)
    said.say("20 MB", "--app", "shop", "--decisions", "d.yaml", code=2)
    hashes = {found.id: found.code_hash for found in classify(app).jobs}
    mails = DECISION.format(job="oban:Shop.Mails", hash=hashes["oban:Shop.Mails"])
    file.write_text(mails)
    said.say("to move a job that needs the application", "--app", "shop", "--decisions", "d.yaml", code=2)
    file.write_text(mails + "    verdict: pure_sql\n")
    said.say("to call it pure SQL", "--app", "shop", "--decisions", "d.yaml", code=2)
    said.compare()


def test_translate_and_convert(app: Path, collect: Collect) -> None:
    said = collect("translate")
    said.say("no name of a function", "Shop.Baskets", "--app", "shop", code=2)
    said.say("no such module", "Shop.Nothing.run/0", "--app", "shop", code=2)
    said.say("no such function", "Shop.Baskets.run/0", "--app", "shop", code=2)
    said.say("no folder of that name", "Shop.Baskets.run/0", "--app", "nowhere", code=2)
    said.compare()
    said = collect("convert")
    said.say("not five fields", "* * *", code=2)
    said.say("a field out of range", "61 * * * *", code=2)
    said.say("a scheduler that is not known", "* * * * *", "--from", "quartz", code=2)
    said.say("no version", "* * * * *", "--from", "oban@new", code=2)
    said.say("a zone that does not exist", "* * * * *", "--timezone", "Europe/Nowhere", code=2)
    said.say(
        "a zone of the server that does not exist", "* * * * *", "--pg-cron", "1.6", "--cron-timezone", "X", code=2
    )
    said.say("a version of pg_cron that is none", "* * * * *", "--pg-cron", "x", code=2)
    said.say("not an instant", "* * * * *", "--after", "tomorrow", code=2)
    said.compare()


@pytest.fixture
def planned(app: Path, app_database: AppDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AppDatabase:
    """The application's database with a plan for it in the run folder ``run``."""
    app_database.execute("CREATE TABLE baskets (id int PRIMARY KEY, touched timestamptz NOT NULL)")
    assert main(["generate", "--app", "shop", "--run", "run"]) == 0
    return app_database


def test_generate(
    app: Path, planned: AppDatabase, collect: Collect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = collect("generate")
    here = ("--app", "shop", "--run", "r")
    said.say("no folder of that name", "--app", "nowhere", "--run", "r", code=2)
    said.say("a job that does not exist", *here, "--job", "oban:Shop.Basket", code=2)
    said.say("a job that needs the application", *here, "--job", "oban:Shop.Mails", code=2)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    said.say("a folder with other files", "--app", "shop", "--run", "mine", code=2)
    said.say("a file in its place", "--app", "shop", "--run", "mine/letter.txt", code=2)
    with RunFolder(tmp_path / "held").writing():
        said.say("somebody else writes to the run folder", "--app", "shop", "--run", "held", code=2)
    shutil.copytree(tmp_path / "run", tmp_path / "old")
    for name in ("plan", "manifest"):
        file = tmp_path / "old" / ("manifest.json" if name == "manifest" else f"documents/{name}.json")
        file.write_text(json.dumps({**json.loads(file.read_text()), "schema_version": 9}))
    said.say("a run folder of another version", "--app", "shop", "--run", "old", code=2)
    _servers(said, planned, monkeypatch, *here)
    said.compare()


def _servers(said: Messages, database: AppDatabase, monkeypatch: pytest.MonkeyPatch, *here: str) -> None:
    """Everything that can be wrong with a server, each with a real one."""
    with monkeypatch.context() as patch:
        patch.setenv("PGHOST", str(said.folder / "nowhere"))
        said.say("no server there", *here, code=3)
    with monkeypatch.context() as patch:
        patch.setenv("PGDATABASE", "missing")
        said.say("no such database", *here, code=3)
    with monkeypatch.context() as patch:
        patch.setenv("PGUSER", "missing")
        said.say("no such role", *here, code=3)
    said.say("no such service", *here, "--service", "missing", code=3)
    rules = database.sandbox.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all guarded scram-sha-256\nlocal all stranger reject\n{before}")
    database.execute(
        f"CREATE ROLE guarded LOGIN PASSWORD '{SECRET}'; CREATE ROLE stranger LOGIN; CREATE ROLE nologin NOLOGIN; "
        "CREATE ROLE reader LOGIN; SELECT pg_reload_conf()",
        user="postgres",
    )
    try:
        for user, case in (
            ("guarded", "a wrong password"),
            ("stranger", "not let in"),
            ("nologin", "a role that may not log in"),
            ("reader", "pg_cron in another database that was not named, and may not be looked up"),
        ):
            with monkeypatch.context() as patch:
                patch.setenv("PGUSER", user)
                patch.setenv("PGPASSWORD", "wrong" + SECRET)
                assert SECRET not in said.say(case, *here, code=3)
        with monkeypatch.context() as patch:
            patch.setenv("PGUSER", "reader")
            said.say("the same, named: its settings may not be read", *here, "--cron-database", "postgres", code=3)
    finally:
        rules.write_text(before)
        database.execute("DROP ROLE guarded, stranger, nologin, reader; SELECT pg_reload_conf()", user="postgres")
    said.say("pg_cron is not in the database that was named", *here, "--cron-database", "template1", code=3)


def test_install(
    app: Path, planned: AppDatabase, collect: Collect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = collect("install")
    said.say("no run folder", "--run", "nowhere", code=2)
    said.say("another plan was approved", "--run", "run", "--apply", "--plan-hash", "0" * 64, code=2)
    said.say("a hash that is too short", "--run", "run", "--apply", "--plan-hash", "abc", code=2)
    plan = tmp_path / "run" / "documents" / "plan.json"
    text = plan.read_text()
    other = json.loads(text)
    for case, change in (
        ("a plan that was edited", {"up_sql": "DROP TABLE baskets;"}),
        ("a plan without a job", {"jobs": [], "up_sql": "", "down_sql": ""}),
        ("a plan of another version", {"schema_version": 9}),
    ):
        plan.write_text(json.dumps({**other, **change}))
        said.say(case, "--run", "run", "--apply", code=2)
    plan.write_text("{")
    said.say("a plan that is not JSON", "--run", "run", code=2)
    plan.write_text(text)
    Plan.from_file(plan)
    apply = ("--run", "run", "--apply")
    with monkeypatch.context() as patch:
        patch.setenv("PGDATABASE", planned.sandbox.database)
        said.say("a plan for another database", *apply, code=2)
    socket = Path(tempfile.mkdtemp(dir="/tmp", prefix="cl-"))
    try:
        with pooler(planned.sandbox.socket, socket), monkeypatch.context() as patch:
            patch.setenv("PGHOST", str(socket))
            said.say("a pooler stands between", *apply, code=3)
    finally:
        shutil.rmtree(socket)
    with planned.admin() as connection:
        connection.autocommit = True
        connection.execute(f"ALTER DATABASE {planned.name} SET default_transaction_read_only = on")
        said.say("a database that takes no changes", *apply, code=3)
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {planned.name} RESET default_transaction_read_only")
    said.say("and nothing of all that was half done", *apply, code=0)
    said.compare()


def test_a_server_without_pg_cron_and_a_standby(
    app: Path, collect: Collect, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = collect("generate")
    monkeypatch.setenv("PGDATABASE", "postgres")
    monkeypatch.setenv("PGUSER", "postgres")
    monkeypatch.setenv("PGSERVICEFILE", os.devnull)
    without: dict[str, str | None] = {"shared_preload_libraries": None, "cron.database_name": None}
    without |= {"cron.use_background_workers": None, "cron.host": None}
    with second_server(sandbox, "bare", **without) as (cluster, _):
        monkeypatch.setenv("PGHOST", str(cluster.socket))
        said.say("a server without pg_cron", "--app", "shop", "--run", "r", code=3)
    with second_server(sandbox, "standby", wal_level="replica", max_wal_senders="2") as (cluster, server):
        with server.connect(read_only=False) as connection:
            connection.execute("CREATE EXTENSION pg_cron; CREATE TABLE baskets (id int, touched timestamptz)")
        connection.close()
        cluster.stop()
        (cluster.data / "standby.signal").touch()
        cluster.account.give(cluster.data / "standby.signal")
        cluster.start(sandbox.programs)
        monkeypatch.setenv("PGHOST", str(cluster.socket))
        decide = tmp_path / "d.yaml"
        hashes = {found.id: found.code_hash for found in classify(app).jobs}
        decide.write_text(
            DECISION.format(job="oban:Shop.Baskets", hash=hashes["oban:Shop.Baskets"]) + "    superuser: true\n"
        )
        said.say("a plan can be made on a standby", "--app", "shop", "--run", "r", "--decisions", "d.yaml", code=0)
        said.command = "install"
        said.say("but nothing can be installed on it", "--run", "r", "--apply", code=3)
        said.command = "sandbox"
        said.say("nor marked", "mark-disposable", "--apply", code=3)
    said.compare("servers")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system takes root")
def test_a_full_disk(app: Path, planned: AppDatabase, collect: Collect, tmp_path: Path) -> None:
    said = collect("generate")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        said.say("no room for the documents", "--app", "shop", "--run", "small/run", code=3)
        half = [p for p in (small / "run").rglob("*") if p.is_file() and p.name != ".lock"]
        for path in half:  # what is there is whole
            if path.suffix == ".json":
                json.loads(path.read_text())
        said.command = "run"
        stopped = said.say("no room for the notebooks", "--app", "shop", "--run", "small/run", code=3, keep=False)
        assert "No space left on device" in stopped
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        said.command = "generate"
        said.say("with room again", "--app", "shop", "--run", "small/run", code=0)
        said.command = "audit verify"
        said.say("the record holds", "small/run", code=0)
    finally:
        subprocess.run(["umount", str(small)], check=True)
    said.compare("full_disk")


def test_an_output_that_takes_nothing(app: Path) -> None:
    program = [sys.executable, "-m", "cronlift", "inventory", "--app", str(app), "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.splitlines()) == (
        3,
        [
            "cronlift: the operating system refused: No space left on device",
            "  where: the output of this command",
            "  do:    make room or give the permission, then run the same command again",
        ],
    )
    shell = f"{' '.join(program)} | true; exit ${{PIPESTATUS[0]}}"
    gone = subprocess.run(["bash", "-c", shell], stderr=subprocess.PIPE, text=True, check=False)
    assert gone.returncode in (0, 141)  # 0: it was done before the reader left
    assert gone.stderr == ""


def test_rollback_and_verify(
    app: Path, planned: AppDatabase, collect: Collect, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = collect("rollback")
    said.say("no run folder", "--run", "nowhere", code=2)
    said.say("another plan was approved", "--run", "run", "--apply", "--plan-hash", "0" * 64, code=2)
    with monkeypatch.context() as patch:
        patch.setenv("PGHOST", str(said.folder / "nowhere"))
        said.say("no server there", "--run", "run", code=3)
    said.compare()
    said = collect("verify")
    said.say("no run folder", "--run", "nowhere", code=2)
    said.say("no folder of that name", "--run", "run", "--app", "nowhere", code=2)
    said.say("a procedure that does not exist", "--run", "run", "--procedure", "public.nothing", code=2)
    said.say("not a procedure's name", "--run", "run", "--procedure", "public.a(", code=2)
    said.say("a job that is not planned", "--run", "run", "--procedure", "public.a", "--job", "oban:X", code=2)
    with planned.admin() as connection:
        connection.autocommit = True
        connection.execute(f"ALTER DATABASE {planned.name} RESET cronlift.disposable")
        monkeypatch.setenv("COPY", f"host={planned.sandbox.socket} port=5432 dbname={planned.name} user=postgres")
        said.say("a proof on a database that is not marked", "--run", "run", "--proof-dsn-env", "COPY", code=2)
    said.compare()


QUEUE = (
    "CREATE TABLE oban_jobs (id bigserial PRIMARY KEY, state text NOT NULL DEFAULT 'available', queue text, "
    "worker text NOT NULL, args jsonb NOT NULL DEFAULT '{}', meta jsonb DEFAULT '{}', "
    "inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()), cancelled_at timestamp)"
)


def test_jobs(app: Path, planned: AppDatabase, collect: Collect, tmp_path: Path) -> None:
    """A managed job's way: every refusal on it, in the order in which one meets them."""
    said = collect("jobs")
    here = ("--run", "m")
    said.say("no job is behind a gate", "status", code=2)
    said.say("nothing to disarm", "disarm", code=2)
    said.say("a plain plan", "start", "--run", "run", code=2)
    assert main(["generate", "--app", "shop", "--run", "m", "--mode", "managed"]) == 1
    said.say("no queue to fence", "start", *here, code=2)
    planned.execute(QUEUE)
    assert main(["generate", "--app", "shop", "--run", "m", "--mode", "managed"]) == 0
    job = json.loads((tmp_path / "m" / "documents" / "plan.json").read_text())["jobs"][0]["id"]
    said.say("a job that is not in the plan", "start", *here, "--job", "oban:X", code=2)
    said.say("another plan was approved", "start", *here, "--apply", "--plan-hash", "0" * 64, code=2)
    said.say("not installed", "start", *here, "--apply", "--wait", "0", code=2)
    said.say("not installed, and to be paused", "pause", *here, code=2)
    said.say("not installed, and to be run", "run-now", *here, "--job", job, code=2)
    if (left := 60 - time.time() % 60) < 25:
        time.sleep(left + 1)  # the sweeper runs at whole minutes: here it must not have, yet
    assert main(["install", "--run", "m", "--apply"]) == 0
    said.say("pg_cron has given no sign yet", "start", *here, "--apply", "--wait", "0", code=2)
    with planned.connect() as connection:
        connection.autocommit = True
        connection.execute("CALL cronlift.sweep()")
    planned.execute("UPDATE cronlift.heartbeat SET tick = at", user="postgres")
    said.say("an Oban of no known version", "start", *here, "--apply", "--wait", "0", code=2)
    planned.execute(
        "INSERT INTO oban_jobs (worker, args, meta, inserted_at) VALUES ('Shop.Baskets', '{\"days\": 30}', "
        "'{\"cron\": true}', date_trunc('minute', now() AT TIME ZONE 'UTC'))"
    )
    said.say("another entry than the planned one", "start", *here, "--apply", "--wait", "0", code=2)
    said.say("shut, and to be completed", "complete", *here, code=2)
    said.say("shut, and to be paused", "pause", *here, code=2)
    said.say("shut, and to be resumed", "resume", *here, code=2)
    said.say("shut, and to be made plain", "flatten", *here, code=2)
    said.say("a way out for no job", "reset", *here, code=2)
    said.say("no job to run", "run-now", *here, code=2)
    said.say("not an instant", "run-now", *here, "--job", job, "--tick", "noon", code=2)
    planned.execute("UPDATE cronlift.gate SET state = 'started', pg_from = now() - interval '1 s'", user="postgres")
    said.say("no tick is over yet", "complete", *here, code=4)
    planned.execute("UPDATE cronlift.gate SET state = 'completed'", user="postgres")
    said.say("completed, and back to an application that does not send it", "rollback", *here, "--apply", code=2)
    planned.execute("UPDATE cronlift.gate SET state = 'started'", user="postgres")
    said.say("its own database", "disarm", "--apply", code=2)
    said.say("still in pg_cron's hands", "fence-remove", *here, "--apply", code=2)
    assert "pg_cron still owns jobs of this plan" in collect("rollback").say(
        "still in pg_cron's hands", "--run", "m", "--apply", code=2, keep=False
    )
    said.say("still behind the gate", "uninstall", *here, "--apply", code=2)
    planned.execute("UPDATE cronlift.gate SET state = 'paused'", user="postgres")
    said.say("paused, and to be started", "start", *here, code=2)
    planned.execute("UPDATE cronlift.gate SET state = 'disarmed'", user="postgres")
    said.say("disarmed, and to be started", "start", *here, code=2)
    planned.execute("UPDATE cronlift.gate SET state = 'started', database = 1", user="postgres")
    said.say("a copy", "pause", *here, code=2)
    said.compare()


def test_monitor(app: Path, app_database: AppDatabase, collect: Collect, monkeypatch: pytest.MonkeyPatch) -> None:
    said = collect("monitor")
    said.say("no server there", "--service", "missing", code=3)
    said.say("a window that is none", "--window", "a week", code=2)
    said.say("a window of nothing", "--window", "0d", code=2)
    said.say("two forms at once", "--json", "--prometheus", code=2)
    said.say("an entry that is not there", "--job", "nothing", code=2)
    said.say("no run folder", "--run", "nowhere", code=2)
    with app_database.admin() as connection:
        connection.execute("CREATE ROLE watcher LOGIN")
    try:
        monkeypatch.setenv("PGUSER", "watcher")
        said.say("a role without rights, pg_cron's database not named", code=3)
        said.say("a role without rights", "--cron-database", app_database.sandbox.cron_database, code=3)
        with app_database.admin(app_database.sandbox.cron_database) as connection:
            connection.execute("GRANT USAGE ON SCHEMA cron TO watcher")
        # pg_cron 1.5 and later have a time zone to be known as well.
        own = "a role that sees its own entries"
        text = said.say(own, "--cron-database", app_database.sandbox.cron_database, code=0, keep=False)
        assert "pg_cron shows the role watcher its own entries and runs only" in text
        assert "GRANT pg_read_all_stats TO watcher" in text
    finally:
        with app_database.admin(app_database.sandbox.cron_database) as connection:
            connection.execute("REVOKE USAGE ON SCHEMA cron FROM watcher")
            connection.execute("DROP ROLE watcher")
    said.compare()


def test_retention(app: Path, app_database: AppDatabase, collect: Collect) -> None:
    said = collect("retention")
    said.say("no server there", "--run", "r", "--service", "missing", code=3)
    said.say("no days", "--run", "r", "--days", "0", code=2)
    (said.folder / "mine").mkdir()
    (said.folder / "mine" / "letter.txt").write_text("Dear all")
    said.say("a folder with other files", "--run", "mine", code=2)
    said.compare()


def test_realtime(app: Path, planned: AppDatabase, collect: Collect) -> None:
    said = collect("realtime")
    said.say("no run folder", "propose", "--run", "nowhere", code=2)
    said.say("a job that is not planned", "propose", "--run", "run", "--job", "oban:X", code=2)
    said.say("no server there", "propose", "--run", "run", "--service", "missing", code=3)
    said.say("following a job that is not planned", "follow", "--run", "run", "--job", "oban:X", code=2)
    said.compare()


def test_run(app: Path, planned: AppDatabase, collect: Collect) -> None:
    said = collect("run")
    said.say("no folder of that name", "--app", "nowhere", code=2)
    said.say("no such decisions file", "--app", "shop", "--decisions", "d.yaml", code=2)
    said.say("--apply without the plan's hash", "--app", "shop", "--run", "r", "--apply", code=2)
    said.say("a connection string", "--app", "shop", "--run", "r", "--service", f"host=h password={SECRET}", code=2)
    said.say(
        "the same for pg_cron's database", "--app", "shop", "--cron-database", f"postgres://u:{SECRET}@h/d", code=2
    )
    with RunFolder(said.folder / "held").writing():
        said.say("somebody else writes to the run folder", "--app", "shop", "--run", "held", code=2)
    (said.folder / "d.yaml").write_text(DECISION.format(job="oban:Shop.Baskets", hash="sha256:0"))
    said.say("a stale decision stops stage 02", "--app", "shop", "--run", "r", "--decisions", "d.yaml", code=2)
    said.compare()


def test_audit(app: Path, planned: AppDatabase, collect: Collect, tmp_path: Path) -> None:
    for command in ("audit show", "audit verify"):
        said = collect(command)
        said.say("no run folder", "nowhere", code=2)
        shutil.copytree(tmp_path / "run", tmp_path / command.split()[1])
        manifest = tmp_path / command.split()[1] / "manifest.json"
        manifest.write_text("{")
        said.say("a manifest that is not JSON", command.split()[1], code=2)
        manifest.write_text('{"schema_version": 9}')
        said.say("a manifest of another version", command.split()[1], code=2)
        said.compare()
    said = collect("audit list")
    said.say("no such folder", "nowhere", code=2)
    said.compare()


def test_sandbox_and_demo(
    collect: Collect, tmp_path: Path, app_database: AppDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = collect("sandbox")
    said.say("a name that cannot be a folder's", "up", "--name", "../x", code=2)
    said.say("it does not run", "psql", "--name", "never-made", code=3)
    said.say("nor can its variables be printed", "env", "--name", "never-made", code=3)
    with app_database.admin() as connection:
        connection.autocommit = True
        connection.execute(f"ALTER DATABASE {app_database.name} RESET cronlift.disposable")
    monkeypatch.setenv("PGUSER", app_database.role)
    said.say("a role that may not mark a database", "mark-disposable", "--apply", code=3)
    said.compare()
    said = collect("demo")
    said.say("a scale that does not exist", "--scale", "1", code=2)
    said.compare()
    said = collect("doctor")
    said.say("no server there", "--service", "missing", code=3)
    said.compare()
    said = collect("lab")
    said.say("a port that is none", "--port", "x", code=2)
    said.compare()


def test_no_verb_and_no_bug_without_words(
    collect: Collect, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = collect("")
    said.say("a verb that does not exist", "instal", code=2)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("cronlift.stages.inventory.inventory", lambda *a, **k: 1 // 0)
    monkeypatch.setattr("cronlift.commands.convert.convert", lambda *a, **k: {}["password=" + SECRET])
    said.say("a bug of ours", "convert", "* * * * *", code=5)
    (report,) = tmp_path.glob("cronlift-bug-*.txt")
    assert "KeyError" in report.read_text()
    assert SECRET not in report.read_text()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    said.say("a bug of ours, and no room for its report", "convert", "* * * * *", code=5)
    said.compare("cronlift")


def test_every_message_stands_in_a_golden_file() -> None:
    """Runs last in this file. What no case brings about is listed with its words as the source has them."""
    found = sites()
    assert len(found) > 100
    unseen = {f"{site.file} {site.function}\n    {site.text}" for site in found if not site.seen}
    unseen |= {f"commands/{verb}.py\n    no case at all" for verb in VERBS if not list(FOLDER.glob(f"{verb}*.txt"))}
    file = FOLDER / "not_shown.txt"
    if WRITE:
        file.write_text("\n".join(sorted(unseen)) + "\n", encoding="utf-8")
    listed = file.read_text(encoding="utf-8")
    assert [entry for entry in sorted(unseen) if entry not in listed] == [], "show them, or CRONLIFT_GOLDEN=write"


def test_every_message_says_what_to_do() -> None:
    assert [f"{site.file}:{site.first}: {site.text}" for site in sites() if not site.advises] == []
