"""Ticks of real schedules: how late a run starts, and what each scheduler costs with a job to run and without one.

On one server Oban's crontab and an entry of pg_cron run the cleanup every minute. Twenty seconds after each minute and
again just before the next one everything is read: the statements and bytes of log that each scheduler's role has
caused, the time its processes have had on the processors, their memory, their connections. From the first reading to
the second is idle time; across the minute is one run.
"""

from __future__ import annotations

import os
import re
import statistics
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from before_after.pair import Application, Pair

SIDES = {"oban": ("app", "demo"), "pg_cron": ("demo", "postgres")}
_TICK = os.sysconf("SC_CLK_TCK")
_CAUSED = """
SELECT coalesce(sum(calls), 0)::float8, coalesce(sum(wal_bytes), 0)::float8 FROM bench.pg_stat_statements(false) AS s
WHERE s.userid = %s::regrole AND s.toplevel AND s.dbid = (SELECT oid FROM pg_database WHERE datname = %s)
"""
_BACKENDS = "SELECT pid, backend_type FROM pg_stat_activity WHERE datname = %s AND usename IS DISTINCT FROM 'observer'"


class Ticks:
    """Both schedulers on one pair; ``step`` is called at the readings, ``figures`` afterwards."""

    def __init__(self, where: Pair) -> None:
        self._where = where
        self._cron, self._side = where.connect("demo"), where.connect("app")
        self._app = Application(where, "crontab")
        self._cron.execute("SELECT cron.schedule('bench/cleanup', '* * * * *', %s)", (where.command("cleanup"),))
        self._cron.execute("UPDATE cron.job SET username = 'demo' WHERE jobname = 'bench/cleanup'")
        self._readings: list[tuple[str, dict[str, dict[str, float]]]] = []

    def step(self, when: str) -> None:
        """Read everything: ``after`` a minute's run (and put the rows back), or ``before`` the next one."""
        if when == "after":
            for connection in (self._side, self._cron):
                connection.execute("SELECT bench.reset('cleanup')")
        self._readings.append((when, {side: self._read(side) for side in SIDES}))

    def figures(self) -> dict[str, dict[str, list[float]]]:
        """Per side: ``delay`` (ms from the minute to the job's session at work), and per run and per idle minute
        ``statements``, ``wal`` (bytes), ``cpu`` (ms), and ``memory`` (MB), ``connections`` while idle."""
        self._cron.execute("SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname = 'bench/cleanup'")
        out: dict[str, dict[str, list[float]]] = {}
        delays = {
            "oban": [run["began"] % 60 * 1000 for run in self._app.rest()],
            "pg_cron": [
                float(ms)
                for (ms,) in self._cron.execute(
                    "SELECT extract(epoch FROM min(at) - date_trunc('minute', min(at))) * 1000 FROM bench.log "
                    "WHERE event = 'running' GROUP BY run ORDER BY run"
                )
            ],
        }
        for side in SIDES:
            found: dict[str, list[float]] = {"delay": delays[side], "memory": [], "connections": []}
            spans = list(zip(self._readings, self._readings[1:], strict=False))
            for kind in ("statements", "wal", "cpu"):
                rate = {
                    phase: [
                        (second[side][kind] - first[side][kind], second[side]["at"] - first[side]["at"])
                        for (_, first), (when, second) in spans
                        if when == phase
                    ]
                    for phase in ("before", "after")
                }
                idle = [caused / seconds for caused, seconds in rate["before"]]
                found[f"idle {kind}"] = [60 * each for each in idle]
                usual = statistics.median(idle)
                found[f"run {kind}"] = [caused - usual * seconds for caused, seconds in rate["after"]]
            for when, reading in self._readings:
                if when == "before":
                    found["memory"].append(reading[side]["memory"])
                    found["connections"].append(reading[side]["connections"])
            out[side] = found
        return out

    def close(self) -> None:
        """End the application and the connections."""
        self._app.close()
        self._cron.close()
        self._side.close()

    def _read(self, side: str) -> dict[str, float]:
        database, role = SIDES[side]
        statements, wal = self._cron.execute(_CAUSED, (role, database)).fetchone()
        if side == "pg_cron":  # the job's own statement is not the scheduler's, but Oban's role sends both
            own, own_wal = self._cron.execute(_CAUSED, ("demo", "demo")).fetchone()
            statements, wal = statements + own, wal + own_wal
        backends = dict(self._cron.execute(_BACKENDS, (database,)).fetchall())
        launcher = {pid for pid, kind in backends.items() if kind == "pg_cron launcher"}
        clients = set(backends) - launcher if side == "oban" else launcher
        pids = clients | ({self._app.pid} if side == "oban" else set())
        return {
            "at": time.time(),
            "statements": float(statements),
            "wal": float(wal),
            "cpu": sum(_cpu(pid) for pid in pids),
            "memory": sum(_memory(pid) for pid in pids),
            "connections": float(len(clients - launcher)),
        }


def measure(pairs: list[Pair], minutes: int, say: Any) -> dict[str, dict[str, dict[str, list[float]]]]:
    """``{pair: figures}`` of so many minutes, on all the pairs at once: a tick is a few milliseconds' work."""
    with ExitStack() as stack:
        running = {where.name: stack.enter_context(closing(Ticks(where))) for where in pairs}
        _sleep_until(20)
        for number in range(minutes + 1):
            for ticks in running.values():
                ticks.step("after")
            say(f"ticks: minute {number} of {minutes}")
            _sleep_until(55)
            for ticks in running.values():
                ticks.step("before")
            if number < minutes:
                _sleep_until(20)
        return {name: ticks.figures() for name, ticks in running.items()}


def _sleep_until(second: int) -> None:
    time.sleep((second - time.time() % 60) % 60)


def _memory(pid: int) -> float:
    """Megabytes that would be free without the process: its own pages and its share of the shared ones (PSS)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def _cpu(pid: int) -> float:
    """Milliseconds on a processor so far; the resolution is a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / _TICK
