"""The default proof: one transaction, two savepoints, one now(), nothing committed.

Rows are planted on the boundaries of the comparisons; the app's statements run and every relation is read out; back to
the savepoint; the procedure runs and every relation is read out again. Then the same once more on the state that a
first run leaves, with rows it wrote changed, since a job comes round again (and ``DO NOTHING`` then differs from
``DO UPDATE``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cronlift.postgres.server import Connection
from cronlift.proof import readout
from cronlift.proof.differences import difference
from cronlift.proof.findings import Finding, SideError
from cronlift.proof.planting import Planted, disturb, plant
from cronlift.proof.planting import wanted as wanted_by
from cronlift.proof.reach import Reach
from cronlift.proof.readout import Key, Row
from cronlift.proof.session import Side, undone, wearing
from cronlift.proof.states import Bench, Run, State
from cronlift.proof.tables import Tables


@dataclass(frozen=True)
class Pair:
    """Two ways to do the same: what the app does, and what the job does."""

    app: Side
    job: Side
    app_run: Run
    job_run: Run


@dataclass
class Comparison:
    """How one comparison came out; ``alike``: both were refused with the same SQLSTATE."""

    result: str = "equal"
    lines: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    alike: str = ""
    app: State = field(default_factory=State)
    masked: bool = False

    def differs(self, line: str) -> None:
        self.result = "differs"
        self.lines.append(line)


def prove(connection: Connection, bench: Bench, pair: Pair, reach: Reach, tables: Tables) -> Finding:
    """Compare both sides in the open transaction; what was planted and done is undone. The database is disposable."""
    if reach.outside:
        why = sorted(reach.outside)
        return Finding("unproved", "the statements can reach outside of the database, so they were not run", tuple(why))
    rows, vain = wanted_by(reach, tables)
    notes = [f"not planted: {text}" for text in vain]
    notes += [f"not looked into: {text}" for text in reach.unread]
    for attempt in ("full", "finite", "none"):
        with undone(connection, "planted"):
            with wearing(connection, pair.app.settings):
                planted = Planted() if attempt == "none" else plant(connection, rows, extremes=attempt == "full")
            bench.settle()
            labels = _labels(connection, planted)
            first = compare(bench, pair, labels)
            if first.alike and planted.count:
                what = "the infinities" if attempt == "full" else "any row"
                notes.append(f"planting {what} was given up: with it both sides fail ({first.alike})")
                continue
            second = _again(connection, bench, pair, first, tables)
        return _finding(first, second, planted, notes)
    raise AssertionError("the last attempt plants nothing")


def compare(bench: Bench, pair: Pair, planted: dict[Row, str]) -> Comparison:
    """Both sides from the state that is there, and what is different afterwards."""
    out = Comparison()
    app = out.app = bench.run(pair.app, pair.app_run)
    job = bench.run(pair.job, pair.job_run)
    if app.failure or job.failure:
        return _failed(app, job, out)
    relevant = _aligned(bench, app, job)
    for key in sorted(app.relations.keys() ^ job.relations.keys()):
        side = "the app's statements" if key in app.relations else "the procedure"
        out.differs(f"{'.'.join(key)}: there only after {side}")
    for key in sorted(app.sequences.keys() & job.sequences.keys()):
        if app.sequences[key] != job.sequences[key]:
            out.differs(
                f"sequence {'.'.join(key)}: at {app.sequences[key][0]} after the app's statements, at "
                f"{job.sequences[key][0]} after the procedure"
            )
    different = [key for key in relevant if app.digests[key] != job.digests[key]]
    if different:
        _explain(bench, pair, app, job, different, planted, out)
    out.details["relations"] = {".".join(key): app.digests[key].rows for key in relevant}
    both = sorted(app.written.keys() | job.written.keys())
    for key in both:
        words = app.relations[key].words if key in app.relations else "table"
        did = {str(s.written[key]) if key in s.written else "nothing" for s in (app, job)}
        if len(did) == 1:
            out.lines.append(f"both sides: {'.'.join(key)} ({words}): {did.pop()}")
        else:
            out.lines.append(
                f"{'.'.join(key)} ({words}): the app's statements {app.written.get(key, 'nothing')}; the procedure "
                f"{job.written.get(key, 'nothing')}"
            )
    touched = [key for key in relevant if key in app.written or key in job.written]
    counted = sum(app.digests[key].rows for key in relevant)
    out.lines.append(
        f"compared row by row: {len(touched)} relations that were written and {len(relevant) - len(touched)} "
        f"that should not change, {counted} rows"
    )
    for key, why in sorted({**app.unreadable, **job.unreadable}.items()):
        out.lines.append(f"not read: {'.'.join(key)}: {why}")
    return out


def _aligned(bench: Bench, app: State, job: State) -> list[Key]:
    """The relations read after both sides; one that only the job wrote is as before after the app's statements."""
    late = (job.digests.keys() - app.digests.keys()) & app.relations.keys()
    for key, digest in bench.base(late).items():
        app.digests[key] = digest
        app.unreadable.pop(key, None)
    return sorted(app.digests.keys() & job.digests.keys())


def _failed(app: State, job: State, out: Comparison) -> Comparison:
    if app.failure and job.failure and app.failure.sqlstate == job.failure.sqlstate:
        out.result, out.alike = "unproved", str(app.failure)
        out.lines.append(f"both sides fail: {app.failure}")
    else:
        out.differs(
            f"the app's statements: {app.failure or 'no error'}; the procedure: {job.failure or 'no error'}",
        )
    return out


def _explain(
    bench: Bench, pair: Pair, app: State, job: State, different: Sequence[Key], planted: dict[Row, str], out: Comparison
) -> None:
    """Fetch the rows that differ. What also differs between two runs of the app differs by nature, and is named."""
    again = bench.run(pair.app, pair.app_run)
    natural = {k: app.digests[k].differing(again.digests[k]) for k in different if k in again.digests}
    # Values that are new in every run fall into other buckets each time: of such a relation all rows are fetched.
    buckets = {k: None if natural.get(k) else app.digests[k].differing(job.digests[k]) for k in different}
    app_rows = bench.rows(pair.app, pair.app_run, buckets)
    job_rows = bench.rows(pair.job, pair.job_run, buckets)
    masks: dict[Key, tuple[str, ...]] = {}
    if any(natural.values()):
        again_rows = bench.rows(pair.app, pair.app_run, buckets)
        for key in different:
            columns = difference(app.relations[key], app_rows[key], again_rows[key]).columns
            if columns and len(columns) < len(app.relations[key].columns):
                masks[key] = columns
        app_masked, job_masked = (
            bench.masked(pair.app, pair.app_run, masks),
            bench.masked(pair.job, pair.job_run, masks),
        )
    samples = out.details.setdefault("differences", [])
    for key in different:
        found = difference(app.relations[key], app_rows[key], job_rows[key])
        if key in masks and app_masked[key] == job_masked[key]:
            out.masked = True
            out.lines.append(
                f"{'.'.join(key)}: {', '.join(masks[key])} left out: two runs of the app's own statements do not "
                "give the same there; everything else is equal"
            )
            continue
        for line in found.lines(planted) if found else _unexplained(key, app, job):
            out.differs(line)
        samples.append(found.samples())


def _unexplained(key: Key, app: State, job: State) -> list[str]:
    a, j = app.digests[key], job.digests[key]
    if a.populated != j.populated:
        return [f"{'.'.join(key)}: populated only after {'the app' if a.populated else 'the procedure'}"]
    return [f"{'.'.join(key)}: {a.rows} rows after the app's statements, {j.rows} after the procedure"]


def _again(connection: Connection, bench: Bench, pair: Pair, first: Comparison, tables: Tables) -> Comparison | None:
    """The comparison on the state that a first run leaves, with some of what it wrote changed."""
    wrote = [key for key, w in first.app.written.items() if w.inserted or w.updated]
    found = [t for key in wrote if (t := tables(*key)) is not None and t.kind in ("r", "p")]
    if first.result != "equal" or not found:
        return None
    with undone(connection, "again"):
        try:
            bench.keep(pair.app, pair.app_run)
        except SideError:
            return None
        changed = sum(disturb(connection, table) for table in found)
        bench.settle()
        second = compare(bench, pair, {})
    bench.settle()
    second.details["changed columns"] = changed
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


def _finding(first: Comparison, second: Comparison | None, planted: Planted, notes: Sequence[str]) -> Finding:
    lines = [*planted.lines, *first.lines, *notes]
    details: dict[str, Any] = {"planted rows": planted.count, **first.details}
    if first.alike:
        return Finding(
            "unproved", f"neither side can be run on the proof database: {first.alike}", tuple(lines), details
        )
    if first.result == "differs":
        return Finding(
            "differs", f"the procedure does not do what the app does: {_first(first)}", tuple(lines), details
        )
    if second is not None:
        details["second run"] = second.details
        if second.result == "differs":
            lines += [f"second run: {line}" for line in second.lines]
            text = f"run a second time, the procedure does not do what the app does: {_first(second)}"
            return Finding("differs", text, tuple(lines), details)
        lines.append(
            f"a second run, on what the first left with {second.details['changed columns']} of its columns changed: "
            + (f"both sides fail alike ({second.alike})" if second.alike else "equal again")
        )
    changed = sum(bool(w) for w in first.app.written.values())
    if not changed:
        text = "equal, but the app's statements changed nothing on the proof database, planted rows included"
        return Finding("weak", text, tuple(lines), details)
    if first.masked or (second is not None and second.masked):
        return Finding("weak", "the same rows but for columns that differ by nature (see there)", tuple(lines), details)
    text = f"the same rows: {changed} relations written alike, {planted.count} rows planted on boundaries"
    return Finding("equal", text, tuple(lines), details)


def _first(comparison: Comparison) -> str:
    return next((line for line in comparison.lines), "")
