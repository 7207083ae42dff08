"""Simulated handovers: real sessions, the real fence, the real runner, cronlift's own acts, and a clock that is played.

An episode is the story of one job: an application whose scheduler inserts a row for each tick it believes in, pg_cron's
launcher that calls the runner at each tick, and a person who starts the handover and perhaps rolls it back, and starts
it again. What each of them does is a list of acts, each at an instant; all acts are carried out in the order of their
instants, on sessions of their own, so that a transaction that is begun before a switch and committed after it is just
that. ``start`` and ``rollback`` are the product's: they look, choose their moment and commit by themselves, and between
the look and the commit goes by, on purpose, what they have allowed themselves and at times more.
"""

from __future__ import annotations

import heapq
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Literal

from building import classified, decision, step
from databases import AppDatabase
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb
from simulated_clock import ClockedServer, played, set_clock

from cronlift.errors import SafetyError
from cronlift.handover.back import Rollback
from cronlift.handover.moment import LARGEST_MARGIN
from cronlift.handover.operation import BEGUN, Operation, perform
from cronlift.handover.start import Start
from cronlift.model.decision import Decisions
from cronlift.model.handover import Handover
from cronlift.model.job import Options
from cronlift.model.plan import Plan
from cronlift.model.verdict import ClassifiedJob
from cronlift.postgres.server import Connection

MORNING = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)

MINUTE = timedelta(minutes=1)
BEAT = timedelta(seconds=0.4)  # when in its minute the sweeper comes
REFUSALS = ("after their tick", "no row came for tick", "could not be committed in time", "is being given back")

# schedule → gap between its ticks
SCHEDULES = {
    "* * * * *": timedelta(minutes=1),
    "*/5 * * * *": timedelta(minutes=5),
    "17 * * * *": timedelta(hours=1),
    "30 6 * * *": timedelta(days=1),
}


@dataclass(frozen=True)
class Cast:
    """A job that episodes are about: one of each kind (``patient``: tried again where a run dies)."""

    schedule: str
    kind: Literal["Elixir", "Elixir, unique", "oban-py"]
    patient: bool

    @property
    def worker(self) -> str:
        """A module of the application."""
        return f"Shop.Worker{list(CASTS).index(self)}"

    @property
    def args(self) -> dict[str, object]:
        """Of its entry."""
        return {"size": 3, "deep": [1, {"a": None}]} if self.patient else {}

    @property
    def relation(self) -> str:
        """Its queue table."""
        return "python.oban_jobs" if self.kind == "oban-py" else "public.oban_jobs"

    def classified(self) -> ClassifiedJob:
        """As the classify stage hands it on."""
        work = step("INSERT INTO done DEFAULT VALUES")
        return classified(self.worker, work, schedule=self.schedule, options=Options(args=self.args).model_dump())


KINDS: tuple[Literal["Elixir", "Elixir, unique", "oban-py"], ...] = ("Elixir", "Elixir, unique", "oban-py")
CASTS = tuple(Cast(*one, patient=number % 2 == 1) for number, one in enumerate(product(SCHEDULES, KINDS)))


def decisions() -> Decisions:
    """Which queue is whose, and how often is tried."""
    made = {}
    for cast in CASTS:
        job, attempts = cast.classified(), 5 if cast.patient else 1
        made[job.id] = decision(job, queue_table=cast.relation, max_attempts=attempts, backoff="20")
    return Decisions(schema_version=1, jobs=made)


# How Oban for Elixir inserts (lib/oban/plugins/cron.ex: all due entries in one transaction, Oban.insert!
# each; a unique worker looks for an earlier row first: lib/oban/engines/basic.ex), and what meta holds by version
# (2.17.6 and 2.18; 2.19; 2.20 to 2.23).
ELIXIR_INSERT = """
INSERT INTO {relation} (args, meta, queue, worker, max_attempts, tags, state)
VALUES (%s, %s, 'default', %s, 20, '{{}}', 'available') RETURNING id"""
ELIXIR_UNIQUE = """
SELECT id FROM {relation} WHERE state IN ('scheduled', 'available', 'executing', 'retryable', 'completed')
AND inserted_at >= now() AT TIME ZONE 'UTC' AND worker = %s AND queue = 'default' AND args @> %s AND args <@ %s
LIMIT 1"""
ELIXIR_METAS = (
    {"cron": True, "cron_expr": "{schedule}"},
    {"cron": True, "cron_expr": "{schedule}", "cron_tz": "Etc/UTC"},
    {"cron": True, "cron_expr": "{schedule}", "cron_name": "21721800", "cron_tz": "Etc/UTC"},
)
# How Oban for Python does (oban/queries/insert_job.sql, version 0.7), one statement a row in one transaction.
PYTHON_INSERT = """
WITH inserted AS (
  INSERT INTO {relation} (args, inserted_at, max_attempts, meta, priority, queue, scheduled_at, state, tags, worker)
  VALUES (%s, timezone('UTC', now()), 1, %s, 0, 'default', timezone('UTC', now()), 'available', '{{}}', %s)
  RETURNING id, queue, state)
SELECT id, CASE WHEN state = 'available' THEN pg_notify('oban_insert', '{{"queue":"' || queue || '"}}') END
FROM inserted"""


@dataclass(order=True)
class Act:
    """Something that happens at an instant."""

    at: datetime
    number: int
    do: Callable[[datetime], None] = field(compare=False)


@dataclass
class Outcome:
    """Who ran which tick of an episode; ``bystanders`` are the rows of other workers, inserted and let pass; ``acts``
    are cronlift's, by how they ended."""

    story: str
    ticks: list[datetime]
    app: Counter[datetime] = field(default_factory=Counter)
    pg_cron: Counter[datetime] = field(default_factory=Counter)
    bystanders: tuple[int, int] = (0, 0)
    acts: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> list[datetime]:
        """Ticks that nobody ran."""
        return [t for t in self.ticks if self.app[t] + self.pg_cron[t] == 0]

    @property
    def double(self) -> list[datetime]:
        """Ticks that were run more than once, and runs of what is no tick."""
        seen = {*self.ticks, *self.app, *self.pg_cron}
        return sorted(t for t in seen if self.app[t] + self.pg_cron[t] > (t in self.ticks))


class Sessions:
    """Two nodes of the application (a transaction each), the launcher's (autocommit), and a person's."""

    def __init__(self, database: AppDatabase, plan: Plan) -> None:
        self.database, self.plan = database, plan
        self.server = ClockedServer(settings=database.sandbox.server(database.name).settings)
        self.connect()

    def connect(self) -> None:
        """All of them; after a restart of the server they are others."""
        self.nodes = (self.database.connect(), self.database.connect())
        self.launcher, self.person = self.database.connect(), self.database.admin()
        self.launcher.autocommit = self.person.autocommit = True

    def wait_for_end(self, pid: int) -> None:
        """Until a session is gone, with its locks."""
        while self.person.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone() is not None:
            time.sleep(0.005)

    def close(self) -> None:
        """End them, and what they have begun."""
        for one in (*self.nodes, self.launcher, self.person):
            one.close()


class Episode:
    """One handover of one job."""

    def __init__(self, chance: random.Random, sessions: Sessions, number: int, ticks: int) -> None:
        self.chance, self.sessions = chance, sessions
        self.cast = cast = CASTS[number % len(CASTS)]
        self.schedule, self.worker, self.relation, self.args = cast.schedule, cast.worker, cast.relation, cast.args
        self.job = f"oban:{self.worker}"
        self.gap = SCHEDULES[self.schedule]
        self.margin = min(self.gap / 2, LARGEST_MARGIN)
        self.python, self.unique = cast.kind == "oban-py", cast.kind == "Elixir, unique"
        self.meta = chance.choice(ELIXIR_METAS)
        self.skew = chance.uniform(-0.45, 0.45) * self.margin  # half of it is refused
        first = _first_tick(self.schedule)
        self.ticks = [first + n * self.gap for n in range(ticks)]
        self.late_launcher = self.gap <= timedelta(minutes=5) and chance.random() < 0.3
        self.dies = cast.patient and chance.random() < 0.6
        self.back = chance.random() < 0.5
        self.again = self.back and chance.random() < 0.5
        self.outcome = Outcome(f"{self.schedule}, {cast.kind}, skew {self.skew.total_seconds():+.1f} s", self.ticks)
        self._acts: list[Act] = []
        self._now = MORNING - timedelta(days=1)
        self._ids: dict[int, datetime] = {}
        self._others: list[int] = []

    def play(self) -> Outcome:
        """Carry everything out, and see what came of it."""
        self._reset()
        for tick in self.ticks:
            self._application(tick)
        self._launcher()
        half = len(self.ticks) // 2
        self._person("start", self._somewhere(self.ticks[2], self.ticks[half - 3]))
        self._restarts()
        self._play_until(datetime.max.replace(tzinfo=UTC))
        self._account()
        return self.outcome

    def _play_until(self, end: datetime) -> None:
        while self._acts and self._acts[0].at <= end:
            act = heapq.heappop(self._acts)
            assert act.at >= self._now, "time does not go back"
            self._now = act.at
            act.do(act.at)

    def _plan(self, at: datetime, do: Callable[[datetime], None]) -> None:
        heapq.heappush(self._acts, Act(at, len(self._ids) + len(self._acts), do))

    def _seconds(self, low: float, high: float) -> timedelta:
        return timedelta(seconds=self.chance.uniform(low, high))

    # The application: its clock is off by the skew; the database's clock counts where the row names no tick.

    def _application(self, tick: datetime) -> None:
        node = self.chance.randrange(2)
        # What a row tells by its own tick may come as late as it likes; else within the gap, less half a margin.
        room = self.gap * 1.2 if self.python else 0.99 * (self.gap - self.margin / 2 - max(self.skew, timedelta(0)))
        late = self._seconds(0.01, room.total_seconds()) if self.chance.random() < 0.25 else None
        begin = tick + self.skew + (late or self._seconds(0.01, 0.15))
        commit = begin + (self._seconds(0, 2 * self.margin.total_seconds()) if self.chance.random() < 0.2 else
                          self._seconds(0.001, 0.05))  # fmt: skip
        commit = min(commit, tick + self.skew + self.gap - timedelta(seconds=0.001))  # the node's next minute
        self._plan(begin, lambda at: self._insert(node, tick, at))
        self._plan(max(commit, begin), lambda at: self.sessions.nodes[node].commit())

    def _insert(self, number: int, tick: datetime, at: datetime) -> None:
        node = self.sessions.nodes[number]
        node.commit()
        set_clock(node, at)
        for worker in self.chance.sample([self.worker, "Shop.Bystander", "Shop.Other"], 3):
            row = self._insert_one(node, worker, tick)
            if worker == self.worker:
                self._ids[row] = tick
            else:
                self._others.append(row)

    def _insert_one(self, node: Connection, worker: str, tick: datetime) -> int:
        args = Jsonb(self.args)
        if self.python:
            meta = {"cron": True, "cron_at": tick.isoformat(), "cron_expr": self.schedule, "cron_name": "8ab1f3c2"}
            statement, values = PYTHON_INSERT, (args, Jsonb(meta), worker)
        else:
            if self.unique:
                node.execute(played(ELIXIR_UNIQUE.format(relation=self.relation)).encode(), (worker, args, args))
            meta = {k: self.schedule if k == "cron_expr" else v for k, v in self.meta.items()}
            statement, values = ELIXIR_INSERT, (args, Jsonb(meta), worker)
        row = node.execute(played(statement.format(relation=self.relation)).encode(), values).fetchone()
        assert row is not None
        return int(row[0])

    # pg_cron: one call a tick, some milliseconds after it; a launcher that was held up makes its calls in a row.

    def _launcher(self) -> None:
        held_until = None
        for tick in self.ticks:
            if self.late_launcher and tick < self.ticks[-3] and self.chance.random() < 0.2:
                held_until = tick + self.gap * self.chance.uniform(0.2, 1.9)
            start = tick + self._seconds(0.002, 0.3)
            if held_until is not None and start < held_until:
                start = held_until + self._seconds(0.001, 0.01)
            self._plan(start, self._call)

    def _call(self, at: datetime) -> None:
        if self.dies and self.chance.random() < 0.15:
            # The server goes down in the middle of a run: its start is in the log, and what it did is undone.
            with self.sessions.database.connect() as doomed:
                pid = doomed.info.backend_pid
                set_clock(doomed, at)
                doomed.execute("SELECT cronlift.claim(%s, 'tick', current_user)", (self.job,))
            doomed.close()
            self.sessions.wait_for_end(pid)
            for minutes in (1, 2, 3):
                self._plan(at + timedelta(minutes=minutes), self._sweep)
            return
        set_clock(self.sessions.launcher, at)
        self.sessions.launcher.execute("CALL cronlift.run(%s)", (self.job,))

    def _sweep(self, at: datetime) -> None:
        set_clock(self.sessions.launcher, at)
        self.sessions.launcher.execute("CALL cronlift.sweep()")

    # The server restarts: every session is another one. What it interrupts of the application's is the application's
    # own loss, so it comes when none of its transactions is open.

    def _restarts(self) -> None:
        if self.chance.random() < 0.3:
            self._plan(self._somewhere(self.ticks[1], self.ticks[-2]), self._restart)

    def _restart(self, at: datetime) -> None:
        if any(node.info.transaction_status != TransactionStatus.IDLE for node in self.sessions.nodes):
            self._plan(at + timedelta(seconds=1), self._restart)
            return
        self.sessions.close()
        self.sessions.connect()

    # The person: starts in the first half and, in every second episode, goes back, and perhaps starts again. Who is
    # refused tries again later; a rollback that has something left to wait for is run again.

    def _somewhere(self, first: datetime, last: datetime) -> datetime:
        return first + (last - first) * self.chance.random()

    def _person(self, verb: str, at: datetime) -> None:
        # pg_cron's sweeper was there in the last minute: its heartbeat is looked at.
        minute = at.replace(second=0, microsecond=0)
        beat = minute - (MINUTE if minute + BEAT > at else timedelta(0)) + BEAT
        if beat < self._now:
            self._sweep(beat)
        else:
            self._plan(beat, self._sweep)
        self._plan(at, lambda now: self._act(verb, now))

    def _act(self, verb: str, now: datetime) -> None:
        clock = self.sessions.server.clock
        clock.at = now
        operation: Operation = Start(wait=0) if verb == "start" else Rollback(wait=0)
        switched = verb != "rollback's end"

        def record(document: Handover) -> None:
            # Between the look and the commit: the others go on, and at times it takes too long.
            if document.complete or not switched or document.notes != (BEGUN,):
                return
            (job,) = document.jobs
            moment = datetime.fromisoformat(str(job.pg_until or job.pg_from))
            clock.at += (moment - self.margin - clock.at) * self.chance.uniform(0, 1.2)
            self._play_until(clock.at)
            self._now = clock.at
            self._sweep(clock.at.replace(second=0, microsecond=0) + BEAT)

        try:
            done = perform(
                operation, self.sessions.plan, self.sessions.server, jobs=[self.job], apply=True, record=record
            )
        except SafetyError as error:
            said = f"{error} {error.where}"
            assert any(word in said for word in REFUSALS), f"{self.outcome.story}: {said}"
            self.outcome.acts[f"{verb} refused"] += 1
            later = clock.at + self.gap / 3 + self._seconds(1, 20)
            if later < self.ticks[-3]:
                self._person(verb, later)
            else:
                self.outcome.acts[f"{verb} given up"] += 1
            return
        self.outcome.acts[verb] += 1
        (job,) = done.jobs
        if verb == "start":
            self.outcome.story += f", from {job.pg_from}"
            if self.back and job.before == "shut":
                first = max(self.ticks[10], datetime.fromisoformat(str(job.pg_from)) + 2 * self.gap)
                self._person("rollback", self._somewhere(first, first + self.gap))
        elif verb == "rollback":
            self.outcome.story += f", until {job.pg_until}"
            until = datetime.fromisoformat(str(job.pg_until))
            self._person("rollback's end", until + 2 * self.gap)
            if self.again:
                self._person("start", self._somewhere(until + 2.1 * self.gap, until + 3 * self.gap))
        else:
            assert done.complete, (self.outcome.story, done.notes)

    def _reset(self) -> None:
        person = self.sessions.person
        for table in (
            "public.oban_jobs",
            "python.oban_jobs",
            "cronlift.fence_hit",
            "cronlift.retry",
            "cronlift.run_log",
        ):
            person.execute(f"DELETE FROM {table}".encode())
        person.execute(
            "UPDATE cronlift.gate SET state = 'shut', pg_from = NULL, pg_until = NULL, "
            "rows_from = NULL, rows_until = NULL"
        )
        for one in (*self.sessions.nodes, self.sessions.launcher):
            set_clock(one, self.ticks[0])
            one.commit()

    def _account(self) -> None:
        rows = self.sessions.person.execute(
            f"SELECT id, state::text FROM {self.relation} WHERE id = ANY(%s)".encode(), ([*self._ids, *self._others],)
        ).fetchall()
        states = dict(rows)
        self.outcome.app.update(self._ids[i] for i in self._ids if states[i] == "available")
        passed = sum(states[i] == "available" for i in self._others)
        self.outcome.bystanders = (passed, 2 * len(self.ticks))
        logged = self.sessions.person.execute(
            "SELECT tick FROM cronlift.run_log WHERE job = %s AND state = 'succeeded'", (self.job,)
        ).fetchall()
        self.outcome.pg_cron.update(tick.astimezone(UTC) for (tick,) in logged)


def _first_tick(schedule: str) -> datetime:
    minute, hour, *_ = schedule.split()
    return MORNING.replace(minute=int(minute) if minute.isdigit() else 0, hour=int(hour) if hour.isdigit() else 6)
