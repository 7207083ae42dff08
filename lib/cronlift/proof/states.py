"""One side run in a transaction, and the state it left: what both proofs are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import psycopg

from cronlift.postgres.server import Connection
from cronlift.proof import readout
from cronlift.proof.counters import Counter, Sequences, Written
from cronlift.proof.findings import Failure, SideError
from cronlift.proof.readout import Digest, Key, Relation, Row
from cronlift.proof.session import Side, become, side_error, unbecome, undone, wearing

BUDGET = 256 * 1024 * 1024
"""Bytes of relations that neither side touched and that are read all the same."""

Run = Callable[[Connection], None]

# serialization_failure, deadlock_detected, lock_not_available: others are at work, which says nothing about the sides.
_OTHERS = frozenset({"40001", "40P01", "55P03"})


class OthersError(Exception):
    """Somebody else's work on the proof database got in the way."""


@dataclass
class State:
    """What a run left. ``failure``: it was refused; then nothing of it stays, as in the app."""

    failure: Failure | None = None
    digests: dict[Key, Digest] = field(default_factory=dict)
    relations: dict[Key, Relation] = field(default_factory=dict)
    written: dict[Key, Written] = field(default_factory=dict)
    sequences: dict[Key, tuple[int, bool]] = field(default_factory=dict)
    unreadable: dict[Key, str] = field(default_factory=dict)


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
        """Run a side, read out every relation, and undo it."""
        state = State()
        with undone(self.connection, "side"):
            counter = Counter(self.connection)
            if self._work(side, run, state):
                state.written = counter.since()
                state.sequences = self.sequences.read()
                self.must |= state.written.keys()
                self._read(state)
        self.sequences.restore(self.start)
        return state

    def keep(self, side: Side, run: Run) -> None:
        """Run a side and keep what it did (until the transaction ends). Raises SideError."""
        with self.connection.transaction(), wearing(self.connection, side.settings):
            become(self.connection, side)
            run(self.connection)
            unbecome(self.connection)
            with undone(self.connection, "constraints"):
                self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.settle()

    def base(self, keys: Iterable[Key]) -> dict[Key, Digest]:
        """Some relations as they are before any side."""
        with undone(self.connection, "base"):
            readout.reading(self.connection)
            known = readout.relations(self.connection)
            return {key: readout.digest(self.connection, known[key]) for key in keys if key in known}

    def rows(self, side: Side, run: Run, buckets: Mapping[Key, list[int] | None]) -> dict[Key, list[Row]]:
        """Run a side again and fetch the rows of some buckets."""
        with undone(self.connection, "side"):
            self._work(side, run, State())
            readout.reading(self.connection)
            known = readout.relations(self.connection)
            found = {
                key: readout.fetch(self.connection, known[key], numbers) if key in known else []
                for key, numbers in buckets.items()
            }
        self.sequences.restore(self.start)
        return found

    def masked(self, side: Side, run: Run, columns: Mapping[Key, tuple[str, ...]]) -> dict[Key, Digest]:
        """Run a side again and read some relations without some columns."""
        with undone(self.connection, "side"):
            self._work(side, run, State())
            readout.reading(self.connection)
            known = readout.relations(self.connection)
            found = {
                key: readout.digest(self.connection, known[key], without=names)
                for key, names in columns.items()
                if key in known
            }
        self.sequences.restore(self.start)
        return found

    def _work(self, side: Side, run: Run, state: State) -> bool:
        try:
            with self.connection.transaction():
                become(self.connection, side)
                try:
                    run(self.connection)
                    self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
                except psycopg.Error as error:
                    raise side_error(error) from error
                unbecome(self.connection)
        except SideError as error:
            if error.failure.sqlstate in _OTHERS:
                raise OthersError(str(error)) from error
            state.failure = error.failure
            return False
        return True

    def _read(self, state: State) -> None:
        readout.reading(self.connection)
        state.relations = readout.relations(self.connection)
        left = BUDGET
        for key, relation in state.relations.items():
            if relation.kind == "f":
                state.unreadable[key] = "its rows are on another server"
            elif not relation.readable:
                state.unreadable[key] = "the connected role may not read it"
            elif key not in self.must and relation.size > left:
                state.unreadable[key] = "it is too large to be read without a reason (neither side counted a write)"
            else:
                left -= 0 if key in self.must else relation.size
                try:
                    with self.connection.transaction():
                        state.digests[key] = readout.digest(self.connection, relation)
                except psycopg.Error as error:
                    state.unreadable[key] = readout.cannot_read(error)
