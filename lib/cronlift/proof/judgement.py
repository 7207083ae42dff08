"""Two copies on which the two sides ran: do they hold the same, and where not, what explains it?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cronlift.model.verification import Proof, Touched
from cronlift.postgres.server import Server
from cronlift.proof import readout
from cronlift.proof.copied import Copy, Work, run_on
from cronlift.proof.copies import Copies, session
from cronlift.proof.counters import Written
from cronlift.proof.differences import Difference, difference
from cronlift.proof.findings import Finding
from cronlift.proof.readout import ROWS, Key, Relation, Row
from cronlift.proof.timed import equal_but_for_now


@dataclass
class Judgement:
    """Both copies, and what their comparison comes to."""

    server: Server
    made: Copies
    work: Work
    app: Copy
    job: Copy
    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    different: set[Key] = field(default_factory=set)
    undecided: bool = False
    _again: Copy | None = None

    def finding(self) -> Finding:
        """What the comparison comes to."""
        app, job = self.app, self.job
        details: dict[str, Any] = {"app": _window(app), "job": _window(job)}
        if app.failure and job.failure and app.failure.sqlstate == job.failure.sqlstate:
            return Finding("unproved", f"on copies both sides fail: {app.failure}", (), details)
        if app.failure or job.failure:
            text = f"on copies, the app's side: {app.failure or 'no error'}; the command: {job.failure or 'no error'}"
            return Finding("differs", text, (), details)
        self._scheduler()
        for key in sorted(app.relations.keys() ^ job.relations.keys()):
            self.wrong.append(
                f"{'.'.join(key)}: there only after {'the app' if key in app.relations else 'the command'}"
            )
        for key in sorted(app.relations.keys() & job.relations.keys()):
            self._relation(key)
        self._sequences()
        self._notes()
        cannot = [f"not read on the copies: {'.'.join(k)}: {why}" for k, why in sorted(self._unreadable().items())]
        self._headline()
        if self.samples:
            details["differences"] = self.samples
        details["samples"] = self._shown()
        proof = Proof(touched=self._touched(), untouched=self._untouched(), open=tuple(cannot))
        lines = (*self.lines, *cannot)
        if self.wrong:
            text = f"on copies the two do not leave the same: {self.wrong[0]}"
            return Finding("differs", text, (*self.wrong, *lines), details, proof)
        result = "weak" if self.undecided else "equal"
        return Finding(result, "the same rows on two copies", lines, details, proof)  # type: ignore[arg-type]

    def _headline(self) -> None:
        both = self.app.seen & self.job.seen
        whole = self.app.digests.keys() & self.job.digests.keys()
        rows = sum(self.app.digests[key].rows for key in whole)
        text = f"run from end to end on two copies: {len(both)} tables by the log of changes, "
        if self.app.blind or self.job.blind:
            text = f"run from end to end on two copies (no log of changes: {self.app.blind or self.job.blind}): "
        self.lines.insert(0, f"{text}{len(whole)} relations read whole, {rows} rows")

    def _scheduler(self) -> None:
        """The scheduler's books are how the app ran the job, not what the job did; the procedure leaves them alone."""
        own = sorted(k for k in self.app.relations.keys() & self.job.relations.keys() if self.work.scheduler(k))
        touched = [k for k in own if self.app.nets.get(k) or k not in self.app.seen]
        for key in own:
            if self.job.nets.get(key):
                self.wrong.append(f"{'.'.join(key)}: the command writes what is the app's scheduler's")
        if touched:
            self.lines.append(f"left out, since it is the scheduler's own: {', '.join('.'.join(k) for k in touched)}")

    def _relation(self, key: Key) -> None:
        app, job, name = self.app, self.job, ".".join(key)
        a, j = app.relations[key], job.relations[key]
        if (a.columns, a.types) != (j.columns, j.types):
            self.different.add(key)
            self.wrong.append(f"{name}: its columns are not the same after both sides")
        if self.work.scheduler(key):
            return
        found = self._difference(app, job, key)
        if not found:
            return
        if max(len(found.only_app), len(found.only_job)) >= ROWS:
            self._too_many(key, found.relation)
            return
        if self._decided(key, found):
            return
        times = equal_but_for_now(found, app.window, job.window)
        if times is not None:
            self.left_out[key] = times
            self.lines.append(
                f"{name}: {', '.join(times)} of {len(found.only_app)} rows differ by no more than the two runs lie "
                "apart, which is what now() does; everything else is equal"
            )
            return
        natural = self._natural(key)
        if natural and not self._without(key, natural):
            self.undecided = True
            self.left_out[key] = natural
            self.lines.append(
                f"{name}: {', '.join(natural)} left out: two runs of the app's own statements differ there too "
                f"(decide that with masks: relation {name}, columns {', '.join(natural)})"
            )
            return
        self.different.add(key)
        self.wrong += found.lines({})
        self.samples.append(found.samples())

    def _too_many(self, key: Key, relation: Relation) -> None:
        """More rows than are looked at one by one: what is equal without the times is said, no more."""
        name, digests = ".".join(key), []
        for copy in (self.app, self.job):
            with session(self.server, copy.database) as connection, connection.transaction():
                readout.reading(connection)
                digests.append(readout.digest(connection, copy.relations[key], without=relation.times))
        if relation.times and digests[0] == digests[1]:
            self.undecided, self.left_out[key] = True, relation.times
            times = ", ".join(relation.times)
            self.lines.append(f"{name}: {times} left out: more than {ROWS} rows differ there; the rest is equal")
        else:
            self.different.add(key)
            self.wrong.append(f"{name}: more than {ROWS} rows differ")

    def _decided(self, key: Key, found: Difference) -> bool:
        mask = next((m for m in self.work.masks if m.relation == ".".join(key)), None)
        if mask is None or (mask.columns and self._without(key, mask.columns)):
            return False
        what = ", ".join(mask.columns) or "the whole relation"
        self.left_out[key] = mask.columns or ("every column",)
        self.lines.append(f"{'.'.join(key)}: {what} left out by decision: {mask.why}")
        return True

    def _difference(self, one: Copy, other: Copy, key: Key) -> Difference | None:
        """Where two copies differ; None where the relation could not be read on one of them."""
        relation = one.relations[key]
        if key in one.seen and key in other.seen:
            mine, theirs = one.nets.get(key), other.nets.get(key)
            told = mine or theirs
            if told is None:
                return Difference(relation, (), ())
            left = Counter(mine.rows) if mine else Counter()
            left.subtract(theirs.rows if theirs else {})
            seen = replace(relation, columns=told.columns)
            return Difference(seen, tuple((+left).elements()), tuple((-left).elements()))
        if key not in one.digests or key not in other.digests:
            self._read_late(one, key)
            self._read_late(other, key)
        if key not in one.digests or key not in other.digests:
            return None
        if one.digests[key] == other.digests[key]:
            return Difference(relation, (), ())
        buckets = one.digests[key].differing(other.digests[key])
        left_rows, right_rows = (self._rows(copy, relation, buckets) for copy in (one, other))
        found = difference(relation, left_rows, right_rows)
        if not found:
            more = f"{'.'.join(key)}: populated after one side only, or more than {ROWS} rows differ"
            self.different.add(key)
            self.wrong.append(more)
        return found

    def _read_late(self, copy: Copy, key: Key) -> None:
        """One side's log saw the relation, the other's did not: read it whole on both."""
        if key in copy.digests or key in copy.unreadable:
            return
        with session(self.server, copy.database) as connection, connection.transaction():
            readout.reading(connection)
            copy.digests[key] = readout.digest(connection, copy.relations[key])

    def _rows(self, copy: Copy, relation: Relation, buckets: Sequence[int]) -> list[Row]:
        with session(self.server, copy.database) as connection, connection.transaction():
            readout.reading(connection)
            return readout.fetch(connection, relation, buckets)

    def _without(self, key: Key, columns: Sequence[str]) -> bool:
        """Whether the copies still differ when columns are left out."""
        found = self._difference(self.app, self.job, key)
        if found is None:
            return True
        kept = [n for n, name in enumerate(found.relation.columns) if name not in columns]
        cut = [Counter(tuple(row[n] for n in kept) for row in rows) for rows in (found.only_app, found.only_job)]
        return cut[0] != cut[1]

    def _natural(self, key: Key) -> tuple[str, ...]:
        """The columns in which a second run of the app, on a third copy, differs from the first, by more than its
        clock."""
        if self._again is None:
            self._again = run_on(self.server, self.made.copy(), self.work.app, self.work)
        between = self._difference(self.app, self._again, key)
        if not between or equal_but_for_now(between, self.app.window, self._again.window) is not None:
            return ()
        return between.columns if len(between.columns) < len(between.relation.columns) else ()

    def _sequences(self) -> None:
        for key in sorted(self.app.sequences.keys() & self.job.sequences.keys()):
            a, j = self.app.sequences[key], self.job.sequences[key]
            if a == j or self.work.scheduler(key):
                continue
            said = f"sequence {'.'.join(key)}: at {a[0]} after the app's side, at {j[0]} after the command"
            mask = next((m for m in self.work.masks if m.relation == ".".join(key) and not m.columns), None)
            if mask is not None:
                self.lines.append(f"{said}; left out by decision: {mask.why}")
            else:
                self.wrong.append(said)

    def _notes(self) -> None:
        for channel in self.work.channels:
            app, job = (
                Counter({n: c for n, c in copy.notes.items() if n[0] == channel}) for copy in (self.app, self.job)
            )
            if app == job:
                self.lines.append(f"NOTIFY on channel {channel}: {app.total()} alike")
            else:
                self.wrong.append(
                    f"NOTIFY on channel {channel}: {app.total()} from the app's side, {job.total()} from the command, "
                    f"{(app - job).total()} and {(job - app).total()} of them not from the other"
                )

    def _unreadable(self) -> dict[Key, str]:
        return {
            k: why for k, why in {**self.app.unreadable, **self.job.unreadable}.items() if not self.work.scheduler(k)
        }

    def _touched(self) -> tuple[Touched, ...]:
        keys = (
            self.app.nets.keys() | self.job.nets.keys() | self.different | self.left_out.keys()
        ) & self.app.relations.keys()
        return tuple(
            Touched(
                relation=".".join(key),
                kind=f"{self.app.relations[key].words}, on copies",
                app=_did(self.app, key),
                job=_did(self.job, key),
                same=key not in self.different,
                left_out=self.left_out.get(key, ()),
            )
            for key in sorted(keys)
            if not self.work.scheduler(key)
        )

    def _untouched(self) -> int:
        return len(self.app.relations.keys() - (self.app.nets.keys() | self.job.nets.keys()))

    def _shown(self) -> list[dict[str, Any]]:
        """Some of the rows that each side changed, for the record's evidence."""
        return [
            {
                "relation": ".".join(key),
                "columns": list(net.columns),
                f"removed by {who}": [list(r) for r in (-net.rows).elements()][:3],
                f"added by {who}": [list(r) for r in (+net.rows).elements()][:3],
            }
            for who, copy in (("the app's side", self.app), ("the command", self.job))
            for key, net in sorted(copy.nets.items())
            if not self.work.scheduler(key)
        ]


def _did(copy: Copy, key: Key) -> str:
    if key not in copy.seen:
        return f"{copy.digests[key].rows} rows afterwards" if key in copy.digests else "not read"
    if key not in copy.nets:
        return "nothing"
    inserted, updated, deleted = copy.nets[key].counts
    return str(Written(inserted, updated, deleted))


def _window(copy: Copy) -> dict[str, str]:
    return {"start": copy.window.start.isoformat(), "end": copy.window.end.isoformat()}
