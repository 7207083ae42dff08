"""The default proof: one transaction, two savepoints, one now(), nothing committed.

Rows are planted on the boundaries of the comparisons; the job's procedure runs, what it left is read out, and it is
rolled back; the app's statements run and are read out. Then the same once more on the state that this first run
leaves, with rows it inserted changed: a job comes round again, and ``DO NOTHING`` then differs from ``DO UPDATE``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from cronlift.model.verification import Proof
from cronlift.postgres.server import Connection
from cronlift.proof import readout
from cronlift.proof.comparing import Comparison, Pair, compare, explain
from cronlift.proof.findings import Finding
from cronlift.proof.planting import Planted, disturb, plant
from cronlift.proof.planting import wanted as wanted_by
from cronlift.proof.reach import Reach
from cronlift.proof.readout import Row
from cronlift.proof.session import undone, wearing
from cronlift.proof.states import Bench, State
from cronlift.proof.tables import Tables

_SMALL = 8 * 1024 * 1024
"""Bytes up to which a table that is only read is emptied for a round of its own."""
_EMPTIED = 4
"""How many such tables."""


@dataclass(frozen=True)
class _Rounds:
    """The comparison from the planted state, the one after a first run (None: there was nothing to repeat), and those
    with a table emptied that is only read (by name)."""

    first: Comparison
    second: Comparison | None = None
    emptied: tuple[tuple[str, Comparison], ...] = ()


def prove(connection: Connection, bench: Bench, pair: Pair, reach: Reach, tables: Tables) -> Finding:
    """Compare both sides in the open transaction; what was planted and done is undone. The database is disposable."""
    if reach.outside:
        why = sorted(reach.outside)
        return Finding("unproved", "the statements can reach outside of the database, so they were not run", tuple(why))
    rows, vain = wanted_by(reach, tables)
    open_ = [f"not planted: {text}" for text in vain]
    open_ += [f"not looked into: {text}" for text in reach.unread]
    for attempt in ("full", "finite", "none"):
        with undone(connection, "planted"):
            with wearing(connection, pair.app.settings):
                planted = Planted() if attempt == "none" else plant(connection, rows, extremes=attempt == "full")
            bench.settle()
            rounds = _rounds(connection, bench, pair, reach, tables, _labels(connection, planted))
        bench.settle()
        if rounds.first.alike and planted.count:
            what = "the infinities" if attempt == "full" else "any row"
            open_.append(f"planting {what} was given up: with it both sides fail ({rounds.first.alike})")
            continue
        return _finding(rounds, planted, open_, notifies=bool(reach.channels))
    raise AssertionError("the last attempt plants nothing")


def _rounds(
    connection: Connection, bench: Bench, pair: Pair, reach: Reach, tables: Tables, planted: dict[Row, str]
) -> _Rounds:
    """All rounds. The app's first run is the one that stays for the second, so that nothing runs more than twice."""
    job = bench.run(pair.job, pair.job_run)
    second: Comparison | None = None
    with undone(connection, "first"):
        app = bench.stay(pair.app, pair.app_run)
        first = compare(bench, app, job)
        if first.result == "equal" and not first.different:
            second = _again(connection, bench, pair, app, tables)
    bench.sequences.restore(bench.start)
    explain(bench, pair, first, planted)
    if second is None and first.result == "equal" and first.different:  # equal by another way: run once more
        with undone(connection, "first"):
            app = bench.stay(pair.app, pair.app_run)
            second = _again(connection, bench, pair, app, tables)
        bench.sequences.restore(bench.start)
    emptied = _emptied(connection, bench, pair, reach) if first.result == "equal" else ()
    return _Rounds(first, second, tuple(emptied))


def _emptied(connection: Connection, bench: Bench, pair: Pair, reach: Reach) -> Iterator[tuple[str, Comparison]]:
    """One comparison for each small table that is only read, with nothing in it.

    Conditions such as EXISTS (SELECT …) hold or not as a whole: with rows planted on every boundary they always hold,
    and one that the procedure lost would not be missed.
    """
    start = bench.start
    found = [table for oid, table in reach.read.items() if oid not in reach.written]
    for table in found[:_EMPTIED]:
        with undone(connection, "emptied"):
            try:
                with connection.transaction():
                    size = connection.execute("SELECT pg_catalog.pg_table_size(%s)", (table.oid,)).fetchone()
                    if size is None or int(str(size[0])) > _SMALL:
                        continue
                    if connection.execute(sql.SQL("DELETE FROM {}").format(table.sql)).rowcount == 0:
                        continue
                    with undone(connection, "constraints"):
                        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except psycopg.Error:
                continue  # rows that are referred to cannot go
            bench.settle()
            job = bench.run(pair.job, pair.job_run)
            app = bench.run(pair.app, pair.app_run)
            out = compare(bench, app, job)
            explain(bench, pair, out, {})
        yield table.name, out
    bench.start = start
    bench.sequences.restore(start)


def _again(connection: Connection, bench: Bench, pair: Pair, left: State, tables: Tables) -> Comparison | None:
    """The comparison on the state that a first run left, with some of what it inserted changed.

    Only what was inserted can be in a later run's way; what an update or a deletion leaves, planted rows stand for.
    """
    wrote = [key for key, w in left.written.items() if w.inserted]
    found = [t for key in wrote if (t := tables(*key)) is not None and t.kind in ("r", "p")]
    if not found:
        return None
    start = bench.start
    changed = sum(disturb(connection, table, left.since) for table in found)
    bench.settle()
    job = bench.run(pair.job, pair.job_run)
    app = bench.run(pair.app, pair.app_run)
    second = compare(bench, app, job)
    explain(bench, pair, second, {})
    second.details["changed columns"] = changed
    bench.start = start
    return second


def _labels(connection: Connection, planted: Planted) -> dict[Row, str]:
    """Each planted row as it will be read out, with its label."""
    labels: dict[Row, str] = {}
    with undone(connection, "labels"):
        readout.reading(connection)
        known = {r.name: r for r in readout.relations(connection).values()}
        for (table, *place), label in planted.places:
            relation = known.get(table)
            row = readout.row_at(connection, relation, (int(str(place[0])), str(place[1]))) if relation else None
            if row is not None:
                labels[row] = label
    return labels


def _finding(rounds: _Rounds, planted: Planted, notes: Sequence[str], *, notifies: bool) -> Finding:
    first, second = rounds.first, rounds.second
    lines = [*planted.lines, *first.lines, *notes]
    took = [comparison for comparison in (first, second) if comparison is not None]
    details: dict[str, Any] = {
        "planted rows": planted.count,
        "milliseconds": {
            "app": [round(comparison.app.milliseconds, 3) for comparison in took],
            "procedure": [round(comparison.job.milliseconds, 3) for comparison in took],
        },
        **first.details,
    }
    proof = first.proof.model_copy(
        update={"planted": planted.plantings, "open": (*planted.failed, *notes, *first.proof.open)}
    )
    if first.alike:
        text = f"neither side can be run on the proof database: {first.alike}"
        return Finding("unproved", text, tuple(lines), details, proof)
    if first.result == "differs":
        text = f"the procedure does not do what the app does: {_first(first)}"
        return Finding("differs", text, tuple(lines), details, proof)
    if second is not None:
        details["second run"] = second.details
        if second.result == "differs":
            lines += [f"second run: {line}" for line in second.lines]
            text = f"run a second time, the procedure does not do what the app does: {_first(second)}"
            return Finding("differs", text, tuple(lines), details, _with_second(proof, second.proof))
        lines.append(
            f"a second run, on what the first left with {second.details['changed columns']} of its columns changed: "
            + (f"both sides fail alike ({second.alike})" if second.alike else "equal again")
        )
    for name, emptied in rounds.emptied:
        if emptied.result == "differs":
            details["emptied"] = {name: emptied.details}
            lines += [f"with {name} empty: {line}" for line in emptied.lines]
            text = f"with {name} empty, the procedure does not do what the app does: {_first(emptied)}"
            return Finding("differs", text, tuple(lines), details, proof)
    if rounds.emptied:
        lines.append(f"with what is only read emptied ({', '.join(n for n, _ in rounds.emptied)}): equal again")
    changed = sum(bool(w) for w in first.app.written.values())
    if not changed and notifies:
        text = "nothing is written by either side; what they notify is compared on copies"
        return Finding("equal", text, tuple(lines), details, proof)
    if not changed:
        text = "equal, but the app's statements changed nothing on the proof database, planted rows included"
        return Finding("weak", text, tuple(lines), details, proof)
    if first.undecided or (second is not None and second.undecided):
        text = "the same rows but for columns that differ by nature (see there); a decision can say that this is meant"
        return Finding("weak", text, tuple(lines), details, proof)
    text = f"the same rows: {changed} relations written alike, {planted.count} rows planted on boundaries"
    return Finding("equal", text, tuple(lines), details, proof)


def _with_second(first: Proof, second: Proof) -> Proof:
    different = tuple(t for t in second.touched if not t.same)
    return first.model_copy(
        update={
            "touched": (
                *first.touched,
                *(t.model_copy(update={"relation": f"{t.relation} (second run)"}) for t in different),
            )
        }
    )


def _first(comparison: Comparison) -> str:
    return next((line for line in comparison.lines), "")
