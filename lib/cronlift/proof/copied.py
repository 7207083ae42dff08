"""One side run on a copy of the database, and what it left there: what the proof on copies is made of.

Tables that are logged are told by the log of changes, at a cost that hangs on the changes alone; what the log does not
see (UNLOGGED tables, materialized views, whatever was rewritten) is read whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from cronlift.model.decision import Mask
from cronlift.model.verification import Proof
from cronlift.postgres.server import Connection, Server
from cronlift.proof import decoding, readout
from cronlift.proof.copies import session
from cronlift.proof.counters import Sequences
from cronlift.proof.decoding import BlindError, Net, Tap
from cronlift.proof.findings import Failure, SideError
from cronlift.proof.readout import Digest, Key, Relation
from cronlift.proof.timed import Window

BUDGET = 256 * 1024 * 1024
"""Bytes of relations that are read whole although nothing says that either side touched them."""

_DELIVERY = 0.5  # seconds a notification may take

Run = Callable[[str], None]
"""Does a side's work on the copy of that name. Raises SideError where it is refused."""


@dataclass(frozen=True)
class Work:
    """What runs on the copies; ``before`` makes the second one ready for the job. ``must``: relations that are read
    whatever their size; ``channels``: those whose notifications are compared; ``plant``: puts rows into what all copies
    start from; ``scheduler``: tells the app's scheduler's own relations, which its command writes and nobody else may.
    """

    app: Run
    job: Run
    before: Run | None = None
    must: frozenset[Key] = frozenset()
    masks: tuple[Mask, ...] = ()
    channels: tuple[str, ...] = ()
    plant: Callable[[str], Proof] | None = None
    scheduler: Callable[[Key], bool] = lambda _: False


@dataclass
class Copy:
    """What a side left on its copy: relations whose changes the log told (``nets``), and the others whole."""

    database: str
    window: Window
    failure: Failure | None = None
    relations: dict[Key, Relation] = field(default_factory=dict)
    nets: dict[Key, Net] = field(default_factory=dict)
    digests: dict[Key, Digest] = field(default_factory=dict)
    unreadable: dict[Key, str] = field(default_factory=dict)
    sequences: dict[Key, tuple[int, bool]] = field(default_factory=dict)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    blind: str = ""
    seen: frozenset[Key] = frozenset()


def run_on(server: Server, database: str, run: Run, work: Work) -> Copy:
    """Run a side on the copy and read out what it left. ``run``'s own errors other than SideError go through."""
    with ExitStack() as stack:
        connection = stack.enter_context(session(server, database))
        before = _relations(connection)
        copy, tap = Copy(database, Window(_clock(connection), _clock(connection))), None
        try:
            decoding.prepare(connection)
            tap = Tap(connection)
        except BlindError as blind:
            copy.blind = str(blind)
        for channel in work.channels:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        start = _clock(connection)
        try:
            run(database)
        except SideError as error:
            copy.failure = error.failure
        copy.window = Window(start, _clock(connection))
        if work.channels:
            copy.notes = Counter((n.channel, n.payload) for n in connection.notifies(timeout=_DELIVERY))
        copy.relations = _relations(connection)
        copy.sequences = Sequences(connection).read()
        if tap is not None:
            _decode(connection, tap, copy, before)
            tap.close()
        # Copies of a live database are made at different moments: between them its managed jobs and the sweeper ran.
        copy.relations = {
            key: relation
            for key, relation in copy.relations.items()
            if not relation.own or key in copy.nets or (key in before and before[key].file != relation.file)
        }
        _read(connection, copy, work, before)
    return copy


def _decode(connection: Connection, tap: Tap, copy: Copy, before: Mapping[Key, Relation]) -> None:
    """Take the log's word for the relations it sees: tables that are logged, and were neither made nor rewritten."""
    try:
        log = tap.log()
    except (BlindError, psycopg.Error) as error:
        copy.blind = str(error) if isinstance(error, BlindError) else readout.cannot_read(error)
        return
    copy.seen = frozenset(
        key
        for key, relation in copy.relations.items()
        if relation.kind == "r"
        and not relation.unlogged
        and key not in log.rewritten
        and (old := before.get(key)) is not None
        and (old.file, old.columns, old.types, old.unlogged) == (relation.file, relation.columns, relation.types, False)
    )
    copy.nets = {key: net for key, net in log.nets.items() if key in copy.seen}


def _read(connection: Connection, copy: Copy, work: Work, before: Mapping[Key, Relation]) -> None:
    """Read whole what the log does not see."""
    left = BUDGET
    with connection.transaction():
        readout.reading(connection)
        for key, relation in copy.relations.items():
            must = key in work.must or (key in before and before[key].file != relation.file)
            if key in copy.seen:
                continue
            if relation.kind == "f":
                copy.unreadable[key] = "its rows are on another server"
            elif not must and relation.size > left:
                copy.unreadable[key] = "it is too large to be read without a reason"
            else:
                left -= 0 if must else relation.size
                try:
                    with connection.transaction():
                        copy.digests[key] = readout.digest(connection, relation)
                except psycopg.Error as error:
                    copy.unreadable[key] = readout.cannot_read(error)


def _relations(connection: Connection) -> dict[Key, Relation]:
    return readout.relations(connection)


def _clock(connection: Connection) -> datetime:
    row = connection.execute("SELECT pg_catalog.clock_timestamp()").fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0].astimezone(UTC)
