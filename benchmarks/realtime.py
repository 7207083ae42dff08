"""A schedule, triggers with a debounce and a change stream, side by side under load: how stale, at what cost, and are
they equal at the end of each interval?

    python benchmarks/realtime.py [--minutes 6] [--postgres 17]      docs/realtime.md anew (an extra minute or two)
    python benchmarks/realtime.py --report                           the page from the values measured last

Three copies of the demo application's database on one server get the same writes in the same order. In the first its
refresh and cleanup run every minute through pg_cron, in the second as the proposal with triggers says, in the third as
the one with a change stream says, each set up from its own script. At the end of each minute the writes pause for some
seconds; then the three must hold the same.
"""

# ruff: noqa: E402 - the checkout's own modules come after its paths

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "lib")]

from cronlift import sandbox as private
from cronlift.comparison.spread import Spread, figure, spread
from cronlift.model.plan import Plan
from cronlift.model.realtime import Proposal
from cronlift.postgres.server import Server
from cronlift.realtime import texts
from cronlift.realtime.consumer import Consumer
from cronlift.realtime.derive import dependence
from cronlift.realtime.propose import propose
from cronlift.sandbox.plugins import provide_wal2json
from cronlift.stages import decisions
from cronlift.stages.classify import classify
from cronlift.stages.generate import generate
from cronlift.stages.install import install

DEMO = ROOT / "examples/demo_app"
WAYS = ("schedule", "triggers", "change_stream")
WORDS = {"schedule": "pg_cron, every minute", "triggers": "triggers, every 5 s", "change_stream": "change stream, 5 s"}
JOBS = ("CacheCleanupWorker", "CacheRefreshWorker")
VALUES, PAGE = ROOT / "benchmarks/results/realtime.json", ROOT / "docs/realtime.md"
INTERVAL = 5
_STALE_VIEW = "SELECT coalesce(max(github_stars), 0) FROM hot_packages WHERE package_name = 'probe'"
_STALE_CACHE = (
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(expires_at)), 0)::float8 FROM package_cache "
    "WHERE expires_at < clock_timestamp()"
)
_COST = (
    "SELECT sum(calls) FILTER (WHERE {job})::float8, sum(total_exec_time) FILTER (WHERE {job}), "
    "sum(calls)::float8, sum(wal_bytes)::float8 FROM pg_stat_statements AS s "
    "WHERE dbid = (SELECT oid FROM pg_database WHERE datname = %s) AND userid <> 'observer'::regrole AND toplevel"
).format(job="query ~* '^CALL'")
_STATE = (
    "SELECT (SELECT md5(coalesce(string_agg(h::text, '' ORDER BY h::text), '')) FROM hot_packages AS h), "
    "(SELECT md5(coalesce(string_agg(c::text, '' ORDER BY c::text), '')) FROM package_cache AS c "
    "WHERE expires_at > %(end)s), "
    "(SELECT count(*) FROM package_cache WHERE expires_at < %(tick)s), "
    "(SELECT md5(coalesce(string_agg(p::text, '' ORDER BY p::text), '')) FROM catalog_packages AS p), "
    "(SELECT count(*) FROM hot_packages)"
)


@dataclass
class Found:
    """Everything measured. ``equal``: of each interval, whether the three held the same."""

    about: dict[str, Any] = field(default_factory=dict)
    stale_view: dict[str, list[float]] = field(default_factory=dict)
    stale_cache: dict[str, list[float]] = field(default_factory=dict)
    write_ms: dict[str, list[float]] = field(default_factory=dict)
    costs: dict[str, dict[str, float]] = field(default_factory=dict)
    equal: list[dict[str, Any]] = field(default_factory=list)


class Load:
    """The same writes to every copy, one after the other; ``pause`` keeps the next one back."""

    def __init__(self, connections: dict[str, Any], found: Found) -> None:
        self._connections, self._found = connections, found
        self._chance = random.Random(7)  # noqa: S311 - the same writes on every run
        self.go, self.done = threading.Event(), threading.Event()
        self.probes: list[tuple[int, dict[str, float]]] = []
        self.writes = 0

    def work(self) -> None:
        """Until ``done``: some twelve writes a second, every fifth of them a probe of the view."""
        number = 1000
        while not self.done.is_set():
            if not self.go.wait(0.2):
                continue
            self.writes += 1
            if self.writes % 5 == 0:
                number += 1
                at = self._send("UPDATE catalog_packages SET github_stars = %s WHERE package_name = 'probe'", (number,))
                self.probes.append((number, at))
            else:
                self._send(*self._write())
            time.sleep(0.05)

    def _write(self) -> tuple[str, tuple[Any, ...]]:
        what, package = self._chance.random(), self._chance.randrange(1, 10_001)
        if what < 0.3:
            return "UPDATE catalog_packages SET download_count = %s WHERE id = %s", (package * 31 % 300_000, package)
        if what < 0.5:
            return "UPDATE catalog_packages SET updated_at = %s WHERE id = %s", ("2026-01-01", package)
        if what < 0.8:
            expires = time.time() + self._chance.randrange(5, 240)
            return (
                "INSERT INTO package_cache VALUES (%s, '{}', to_timestamp(%s), 0, '2026-01-01') "
                "ON CONFLICT (cache_key) DO UPDATE SET expires_at = excluded.expires_at",
                (f"load:{package}", round(expires)),
            )
        return "UPDATE package_cache SET hit_count = hit_count + 1 WHERE cache_key = %s", (f"load:{package}",)

    def _send(self, statement: str, values: tuple[Any, ...]) -> dict[str, float]:
        at = {}
        ways = list(self._connections)
        for way in self._chance.sample(ways, len(ways)):
            began = time.perf_counter()
            self._connections[way].execute(statement, values)
            self._found.write_ms.setdefault(way, []).append((time.perf_counter() - began) * 1000)
            at[way] = time.time()
        return at


def measure(minutes: int, major: int) -> Found:
    """Set up the three copies, run them, take them down."""
    name = f"bench-realtime-{os.getpid()}"
    made = private.up(name, major=major)
    try:
        _configure(made)
        private.down(name)
        made = private.up(name, major=major)
        provide_wal2json(made)
        plans = _copies(made)
        return _run(made, plans, minutes)
    finally:
        private.down(name, remove=True)


def _configure(made: private.Sandbox) -> None:
    with made.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        for setting in (
            "shared_preload_libraries = 'pg_cron', 'pg_stat_statements'", "fsync = on", "full_page_writes = on",
            "shared_buffers = '256MB'", "max_wal_size = '4GB'", "checkpoint_timeout = '1h'",
        ):  # fmt: skip
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("CREATE ROLE observer LOGIN SUPERUSER")


def _copies(made: private.Sandbox) -> dict[str, Plan]:
    """The demo's database three times over, its cleanup and refresh planned and installed in each."""
    with made.server("demo").connect(read_only=False) as connection:
        connection.execute("GRANT ALL ON SCHEMA public TO demo")
        connection.execute("CREATE EXTENSION pg_stat_statements")
        connection.execute("SET ROLE demo")
        for file in ("schema.sql", "seed.sql"):
            connection.execute((DEMO / "db" / file).read_bytes())
        connection.execute(
            "INSERT INTO catalog_packages (ecosystem, package_name, version, github_stars, inserted_at, updated_at) "
            "VALUES ('hex', 'probe', '1', 1000, '2026-01-01', '2026-01-01')"
        )
        connection.execute("RESET ROLE")
    connection.close()
    with made.server("postgres").connect(read_only=False) as connection:
        connection.autocommit = True
        for way in WAYS:
            connection.execute(f"CREATE DATABASE {way} TEMPLATE demo OWNER demo".encode())
    connection.close()
    plans = {}
    chosen = decisions.load(DEMO / "decisions.yaml")
    chosen = chosen.model_copy(update={"jobs": {k: d for k, d in chosen.jobs.items() if k.endswith(JOBS)}})
    for way in WAYS:
        server = made.server(way)
        own = {
            key: decision.model_copy(update={"cron_name": f"{decision.cron_name}-{way.replace('_', '-')}"})
            for key, decision in chosen.jobs.items()
        }
        renamed = chosen.model_copy(update={"jobs": own})
        plans[way] = generate(classify(DEMO, "prod", decisions=renamed), DEMO, server, decisions=renamed)
        assert len(plans[way].jobs) == len(JOBS), plans[way].refused
        install(plans[way], server, apply=True)
    with made.server("postgres").connect(read_only=False) as connection:
        connection.execute("UPDATE cron.job SET active = database = 'schedule', schedule = '* * * * *'")
    connection.close()
    return plans


def _put_in(made: private.Sandbox, way: str, plan: Plan) -> list[Proposal]:
    """Run the proposals' own scripts, as a person would."""
    server = made.server(way)
    chosen = [p for p in propose(plan, server, interval=INTERVAL).proposals if p.kind == way]
    assert len(chosen) == len(JOBS)
    with server.connect(read_only=False) as connection:
        connection.autocommit = True
        for proposal in chosen:
            text = "\n".join(line for line in proposal.up_sql.splitlines() if not line.startswith("--"))
            for statement in [text] if way == "triggers" else text.rstrip().rstrip(";").split(";\n"):
                connection.execute(statement.encode())
    connection.close()
    with made.server("postgres").connect(read_only=False) as connection:
        for proposal in chosen:
            if proposal.cron_sql:
                connection.execute(proposal.cron_sql.encode())
    connection.close()
    return chosen


def _run(made: private.Sandbox, plans: dict[str, Plan], minutes: int) -> Found:
    found = Found()
    _put_in(made, "triggers", plans["triggers"])
    _put_in(made, "change_stream", plans["change_stream"])
    stop = threading.Event()
    threads = [threading.Thread(target=c.follow, args=(stop.is_set,)) for c in _consumers(made, plans["change_stream"])]
    watching = {way: _session(made, way, "observer") for way in WAYS}
    load = Load({way: _session(made, way, "demo") for way in WAYS}, found)
    threads += [threading.Thread(target=load.work), threading.Thread(target=_sample, args=(made, load, found, stop))]
    for thread in threads:
        thread.start()
    try:
        _sleep_until(8)
        for connection in watching.values():
            connection.execute("SELECT pg_stat_statements_reset()")
        before, began = load.writes, time.time()
        for number in range(minutes):
            load.go.set()
            _sleep_until(52)
            load.go.clear()
            _sleep_until(8)
            _compare(watching, found, number)
        seconds = time.time() - began
        for way, connection in watching.items():
            calls, ms, statements, log = connection.execute(_COST, (way,)).fetchone()
            found.costs[way] = {
                "runs or looks a minute": calls * 60 / seconds, "their ms a minute": ms * 60 / seconds,
                "statements a minute": statements * 60 / seconds, "bytes of log a write": log / (load.writes - before),
            }  # fmt: skip
        row = watching["schedule"].execute("SELECT split_part(current_setting('server_version'), ' ', 1)").fetchone()
        found.about = {
            "version": row[0], "pg_cron": plans["schedule"].target.pg_cron_version, "minutes": minutes,
            "writes": load.writes - before, "load": round(os.getloadavg()[1], 1), "processors": os.cpu_count(),
        }  # fmt: skip
    finally:
        stop.set()
        load.done.set()
        for thread in threads:
            thread.join()
    return found


def _consumers(made: private.Sandbox, plan: Plan) -> list[Consumer]:
    server = made.server("change_stream")
    with server.connect() as connection:
        watched = [texts.watched(job, dependence(connection, plan.target, job)) for job in plan.jobs]
    connection.close()
    return [Consumer(server, "change_stream", each, INTERVAL) for each in watched]


def _sample(made: private.Sandbox, load: Load, found: Found, stop: threading.Event) -> None:
    """How old what a reader sees is, four times a second in each copy, while there are writes."""
    sessions = {way: _session(made, way, "observer") for way in WAYS}
    while not stop.is_set():
        for way, session in sessions.items():
            (seen,) = session.execute(_STALE_VIEW).fetchone()
            now = time.time()
            missed = next((at[way] for number, at in load.probes if number > seen), None)
            (expired,) = session.execute(_STALE_CACHE).fetchone()
            if load.go.is_set():
                found.stale_view.setdefault(way, []).append(0.0 if missed is None else max(0.0, now - missed))
                found.stale_cache.setdefault(way, []).append(expired)
        time.sleep(0.25)


def _compare(sessions: dict[str, Any], found: Found, number: int) -> None:
    end = time.time()
    tick = end - end % 60 - 1  # a second before the minute: what was due then is gone in all of them
    states = {}
    for way, session in sessions.items():
        values = {"end": _stamp(end + 5), "tick": _stamp(tick)}
        states[way] = session.execute(_STATE, values).fetchone()
    first = states["schedule"]
    same = all(state == first for state in states.values()) and first[2] == 0
    found.equal.append({"interval": number + 1, "equal": same, "hot packages": first[4], "left over": first[2]})
    print(f"interval {number + 1}: {'equal' if same else f'DIFFERS {states}'}", file=sys.stderr, flush=True)


def _stamp(epoch: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(epoch, UTC).isoformat()


def _session(made: private.Sandbox, database: str, user: str) -> Any:
    connection = Server(settings=made.server(database, user=user).settings).connect(read_only=False)
    connection.autocommit = True
    return connection


def _sleep_until(second: int) -> None:
    time.sleep((second - time.time() % 60) % 60)


def _one(values: list[float]) -> Spread:
    found = spread(values)
    assert found is not None
    return found


def write(found: Found, page: Path) -> None:
    """The page, out of the values."""
    about = found.about
    lines = [
        "# A schedule, triggers, a change stream: measured",
        "",
        "*Made by `python benchmarks/realtime.py`; the values are in `benchmarks/results/realtime.json`.*",
        "",
        f"The demo's refresh and cleanup for {about['minutes']} minutes under {about['writes']} writes (PostgreSQL "
        f"{about['version']}, pg_cron",
        f"{about['pg_cron']}, {about['processors']} processors, load {about['load']}). At the end of each of "
        f"{len(found.equal)} intervals the three copies were compared: equal in "
        f"**{sum(e['equal'] for e in found.equal)}**.",
        "",
        "| | " + " | ".join(WORDS[way] for way in WAYS) + " |",
        "|---|" + "---|" * len(WAYS),
    ]
    for what, values in (
        ("how old a reader's view is, s: median (middle half)", found.stale_view),
        ("how long expired rows stay, s: median (middle half)", found.stale_cache),
        ("one write, ms: median (middle half)", found.write_ms),
    ):
        lines.append(f"| {what} | " + " | ".join(str(_one(values[way])) for way in WAYS) + " |")
        if values is not found.write_ms:
            worst = what.split(":")[0] + ": the worst"
            lines.append(f"| {worst} | " + " | ".join(figure(_one(values[way]).most) for way in WAYS) + " |")
    usual = _one(found.write_ms["schedule"]).median
    ratios = [f"{_one(found.write_ms[way]).median / usual:.2f}" for way in WAYS]
    lines.append("| one write against the schedule's | " + " | ".join(ratios) + " |")
    for what in found.costs["schedule"]:
        lines.append(f"| {what} | " + " | ".join(figure(found.costs[way][what]) for way in WAYS) + " |")
    page.write_text("\n".join([*lines, "", *CONCLUSION.splitlines(), ""]), encoding="utf-8")


CONCLUSION = """\
What a reader sees is at most as old as the interval, plus one run. With triggers the writer pays, statement by
statement; with a change stream the log, and (for a table that was UNLOGGED) each write of it, and there is a process to
keep alive. A refresh is the whole refresh each time: what a shorter interval costs is in the line of the runs' time. A
cleanup gains little from either: rows become due as time passes, which no change tells, and its DELETE finds what is
due by an index. Most jobs are well served by a shorter schedule. [How to set one up](how-to/realtime.md)."""


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=6)
    parser.add_argument("--postgres", type=int, default=17)
    parser.add_argument("--values", type=Path, default=VALUES)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--report", action="store_true")
    asked = parser.parse_args()
    if asked.report:
        found = Found(**json.loads(asked.values.read_text(encoding="utf-8")))
    else:
        found = measure(asked.minutes, asked.postgres)
        rounded = json.loads(json.dumps(vars(found)), parse_float=lambda text: round(float(text), 3))
        asked.values.parent.mkdir(exist_ok=True)
        asked.values.write_text(json.dumps(rounded) + "\n", encoding="utf-8")
    write(found, asked.page)
    print(asked.page)
    raise SystemExit(0 if all(interval["equal"] for interval in found.equal) else 1)


if __name__ == "__main__":
    main()
