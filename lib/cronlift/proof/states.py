"""One side run in a transaction, and the state it left: what the proof in savepoints is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

import psycopg

from cronlift.postgres.server import Connection
from cronlift.proof import changes, readout
from cronlift.proof.changes import Change, Mark
from cronlift.proof.counters import Counter, Sequences, Written
from cronlift.proof.findings import Failure, SideError
from cronlift.proof.readout import Digest, Key, Relation, Row
from cronlift.proof.session import Side, become, side_error, unbecome, undone, wearing

BUDGET = 64 * 1024 * 1024
"""Bytes of relations that are read although neither side took a lock that writing needs."""

Run = Callable[[Connection], object]

# serialization_failure, deadlock_detected, lock_not_available: others are at work, which says nothing about the sides.
_OTHERS = frozenset({"40001", "40P01", "55P03"})


class OthersError(Exception):
    """Somebody else's work on the proof database got in the way."""


@dataclass
class State:
    """What a run left; rows newer than ``since`` are its own. ``failure``: it was refused; then nothing of it stays, as
    in the app. ``unread`` are relations that nothing speaks of, ``added`` and ``removed`` some rows, to be shown;
    ``milliseconds`` is what the side itself took, without any reading."""

    since: Mark
    failure: Failure | None = None
    changes: dict[Key, Change] = field(default_factory=dict)
    relations: dict[Key, Relation] = field(default_factory=dict)
    written: dict[Key, Written] = field(default_factory=dict)
    sequences: dict[Key, tuple[int, bool]] = field(default_factory=dict)
    unreadable: dict[Key, str] = field(default_factory=dict)
    unread: list[Key] = field(default_factory=list)
    added: dict[Key, list[Row]] = field(default_factory=dict)
    removed: dict[Key, list[Row]] = field(default_factory=dict)
    milliseconds: float = 0.0


@dataclass
class Bench:
    """A transaction in which sides are run, each from the same state, and rolled back again."""

    connection: Connection
    sequences: Sequences
    must: set[Key] = field(default_factory=set)
    start: dict[Key, tuple[int, bool]] = field(default_factory=dict)

    def settle(self) -> None:
        """From now on every run starts from the state that is there now."""
        self.start = self.sequences.read()

    def run(self, side: Side, run: Run) -> State:
        """Run a side, read out what it left, and undo it."""
        with undone(self.connection, "side"):
            state = self._run(side, run)
        self._removed(state)
        self.sequences.restore(self.start)
        return state

    def stay(self, side: Side, run: Run) -> State:
        """Run a side, read out what it left, and keep it; the caller holds the savepoint, and may settle."""
        with wearing(self.connection, side.settings):
            return self._run(side, run, stays=True)

    def keep(self, side: Side, run: Run) -> None:
        """Run a side and keep what it did (until the transaction ends). Raises SideError."""
        with self.connection.transaction(), wearing(self.connection, side.settings):
            become(self.connection, side)
            run(self.connection)
            unbecome(self.connection)
            with undone(self.connection, "constraints"):
                self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.settle()

    def base(self, keys: Iterable[Key]) -> dict[Key, Change]:
        """Some relations as they are before any side."""
        with undone(self.connection, "base"):
            since = changes.mark(self.connection)
            readout.reading(self.connection)
            known = readout.relations(self.connection)
            return {key: changes.change(self.connection, known[key], since) for key in keys if key in known}

    def rows(self, side: Side, run: Run, buckets: Mapping[Key, list[int] | None]) -> dict[Key, list[Row]]:
        """Run a side again and fetch the rows of some buckets."""
        with self._rerun(side, run) as known:
            return {
                key: readout.fetch(self.connection, known[key], numbers) if key in known else []
                for key, numbers in buckets.items()
            }

    def digests(self, side: Side, run: Run, without: Mapping[Key, tuple[str, ...]]) -> dict[Key, Digest]:
        """Run a side again and read some relations whole, each without some columns."""
        with self._rerun(side, run) as known:
            return {
                key: readout.digest(self.connection, known[key], without=names)
                for key, names in without.items()
                if key in known
            }

    @contextmanager
    def _rerun(self, side: Side, run: Run) -> Iterator[dict[Key, Relation]]:
        with undone(self.connection, "side"):
            self._work(side, run, State(changes.mark(self.connection)))
            readout.reading(self.connection)
            yield readout.relations(self.connection)
        self.sequences.restore(self.start)

    def _run(self, side: Side, run: Run, *, stays: bool = False) -> State:
        state = State(changes.mark(self.connection))
        counter = Counter(self.connection)
        if self._work(side, run, state, constraints=not stays):
            with undone(self.connection, "read"):
                # What stays keeps its deferred constraints deferred: they are tried, and taken back with the reading.
                if not stays or self._constraints(state):
                    state.written = counter.since()
                    state.sequences = self.sequences.read()
                    self.must |= counter.writable()
                    self._read(state)
        return state

    def _work(self, side: Side, run: Run, state: State, *, constraints: bool = True) -> bool:
        try:
            with self.connection.transaction():
                become(self.connection, side)
                try:
                    began = perf_counter()
                    run(self.connection)
                    state.milliseconds = (perf_counter() - began) * 1000
                    if constraints:
                        self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
                except psycopg.Error as error:
                    raise side_error(error) from error
                unbecome(self.connection)
        except SideError as error:
            return self._failed(state, error)
        return True

    def _constraints(self, state: State) -> bool:
        try:
            with self.connection.transaction():
                self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            return self._failed(state, side_error(error))
        return True

    def _failed(self, state: State, error: SideError) -> bool:
        if error.failure.sqlstate in _OTHERS:
            raise OthersError(str(error)) from error
        state.failure = error.failure
        return False

    def _read(self, state: State) -> None:
        readout.reading(self.connection)
        known = readout.relations(self.connection)
        state.relations = {key: relation for key, relation in known.items() if not relation.own or key in self.must}
        left = BUDGET
        for key, relation in state.relations.items():
            if relation.kind == "f":
                state.unreadable[key] = "its rows are on another server"
            elif not relation.readable:
                state.unreadable[key] = "the connected role may not read it"
            elif key not in self.must and relation.size > left:
                state.unread.append(key)
            else:
                left -= 0 if key in self.must else relation.size
                try:
                    with self.connection.transaction():
                        state.changes[key] = changes.change(self.connection, relation, state.since)
                        if key in state.written:
                            state.added[key] = changes.added(self.connection, relation, state.since)
                except psycopg.Error as error:
                    state.unreadable[key] = readout.cannot_read(error)

    def _removed(self, state: State) -> None:
        with undone(self.connection, "read"):
            readout.reading(self.connection)
            known = readout.relations(self.connection)
            for key, written in state.written.items():
                if (written.deleted or written.updated) and key in known and known[key].readable:
                    state.removed[key] = changes.removed(self.connection, known[key], state.since)
