"""Two states made from the same one, one by each side: are they the same, and where not, why not?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cronlift.model.decision import Mask
from cronlift.model.verification import Proof, Touched
from cronlift.proof.differences import difference
from cronlift.proof.readout import Digest, Key, Row
from cronlift.proof.session import Side
from cronlift.proof.states import Bench, Run, State

_RUNS = 3
"""Runs of the procedure that must all give the same before it is said to give the same every time."""


@dataclass(frozen=True)
class Pair:
    """Two ways to do the same: what the app does, and what the job does; ``masks``: what a decision leaves out."""

    app: Side
    job: Side
    app_run: Run
    job_run: Run
    masks: tuple[Mask, ...] = ()


@dataclass
class Comparison:
    """How one comparison came out. ``alike``: both were refused with the same SQLSTATE; ``different``: relations whose
    states were not told to be the same yet (``explain`` does); ``undecided``: something was left out that differs by
    nature, and no decision says so."""

    app: State
    job: State
    result: str = "equal"
    lines: list[str] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    alike: str = ""
    different: list[Key] = field(default_factory=list)
    undecided: bool = False
    proof: Proof = field(default_factory=Proof)
    _wrong: set[Key] = field(default_factory=set)
    _left_out: dict[Key, tuple[str, ...]] = field(default_factory=dict)

    def differs(self, line: str, key: Key | None = None) -> None:
        """Note a difference."""
        self.result = "differs"
        self.lines.append(line)
        if key is not None:
            self._wrong.add(key)

    def left_out(self, key: Key, columns: Sequence[str], line: str) -> None:
        """Note columns that were not compared."""
        self._left_out[key] = tuple(columns)
        self.lines.append(line)


def compare(bench: Bench, app: State, job: State) -> Comparison:
    """Whether both states are the same; relations that may differ are in ``different`` and wait for ``explain``."""
    out = Comparison(app, job)
    if app.failure or job.failure:
        if app.failure and job.failure and app.failure.sqlstate == job.failure.sqlstate:
            out.result, out.alike = "unproved", str(app.failure)
            out.lines.append(f"both sides fail: {app.failure}")
        else:
            said = f"the app's statements: {app.failure or 'no error'}; the procedure: {job.failure or 'no error'}"
            out.differs(said)
        return out
    _align(bench, app, job)
    relevant = sorted(app.changes.keys() & job.changes.keys())
    out.different = [key for key in relevant if app.changes[key] != job.changes[key]]
    return out


def explain(bench: Bench, pair: Pair, out: Comparison, planted: Mapping[Row, str]) -> None:
    """Say what is the same and what is not; the sides are run again where rows have to be looked at."""
    if out.app.failure or out.job.failure:
        return
    app, job = out.app, out.job
    for key in sorted(app.relations.keys() ^ job.relations.keys()):
        side = "the app's statements" if key in app.relations else "the procedure"
        out.differs(f"{'.'.join(key)}: there only after {side}")
    _structures(app, job, out)
    _sequences(pair, app, job, out)
    if out.different:
        _rows(bench, pair, out, planted)
    _told(out)


def _align(bench: Bench, app: State, job: State) -> None:
    """A relation that was read after one side only, since nothing spoke of it before, is as before after the other."""
    for one, other in ((app, job), (job, app)):
        late = (other.changes.keys() - one.changes.keys()) & one.relations.keys()
        for key, change in bench.base(late & set(one.unread)).items() if late else ():
            one.changes[key] = change
            one.unread.remove(key)


def _structures(app: State, job: State, out: Comparison) -> None:
    for key in sorted(app.relations.keys() & job.relations.keys()):
        a, j = app.relations[key], job.relations[key]
        if (a.columns, a.types, a.kind, a.unlogged) != (j.columns, j.types, j.kind, j.unlogged):
            out.differs(f"{'.'.join(key)}: its columns are not the same after both sides", key)


def _sequences(pair: Pair, app: State, job: State, out: Comparison) -> None:
    for key in sorted(app.sequences.keys() & job.sequences.keys()):
        if app.sequences[key] == job.sequences[key]:
            continue
        said = f"at {app.sequences[key][0]} after the app's statements, at {job.sequences[key][0]} after the procedure"
        mask = _mask(pair.masks, key)
        if mask is not None and not mask.columns:
            out.left_out(key, (), f"sequence {'.'.join(key)}: {said}; left out by decision: {mask.why}")
        else:
            out.differs(f"sequence {'.'.join(key)}: {said}", key)


def _rows(bench: Bench, pair: Pair, out: Comparison, planted: Mapping[Row, str]) -> None:
    """Compare the doubtful relations row by row. What a decision leaves out, and what also differs between two runs of
    the app (and of the procedure, too), is named."""
    app = out.app
    whole: dict[Key, tuple[str, ...]] = dict.fromkeys(out.different, ())
    app_all, job_all = bench.digests(pair.app, pair.app_run, whole), bench.digests(pair.job, pair.job_run, whole)
    keys = [k for k in out.different if app_all[k] != job_all[k]]
    for key in [k for k in keys if _decided(bench, pair, k, out)]:
        keys.remove(key)
    if not keys:
        return
    again = bench.digests(pair.app, pair.app_run, dict.fromkeys(keys, ()))
    natural = {k: app_all[k].differing(again[k]) for k in keys if k in again}
    # Values that are new in every run fall into other buckets each time: of such a relation all rows are fetched.
    buckets = {k: None if natural.get(k) else app_all[k].differing(job_all[k]) for k in keys}
    app_rows = bench.rows(pair.app, pair.app_run, buckets)
    job_rows = bench.rows(pair.job, pair.job_run, buckets)
    varying = {k: b for k, b in buckets.items() if natural.get(k)}
    masks = _natural(bench, pair, out, varying, app_rows, job_rows) if varying else {}
    samples = out.details.setdefault("differences", [])
    for key in keys:
        if key in masks:
            out.undecided = True
            names = ", ".join(masks[key])
            out.left_out(
                key,
                masks[key],
                f"{'.'.join(key)}: {names} left out: two runs of the app's own statements do not give the same there; "
                f"everything else is equal (decide that with masks: relation {'.'.join(key)}, columns {names})",
            )
            continue
        found = difference(app.relations[key], app_rows[key], job_rows[key])
        for line in found.lines(planted) if found else _unexplained(key, app_all[key], job_all[key]):
            out.differs(line, key)
        samples.append(found.samples())


def _decided(bench: Bench, pair: Pair, key: Key, out: Comparison) -> bool:
    """Whether the relation is equal but for what a decision leaves out."""
    mask = _mask(pair.masks, key)
    if mask is None:
        return False
    columns = {key: mask.columns}
    if mask.columns and (
        bench.digests(pair.app, pair.app_run, columns) != bench.digests(pair.job, pair.job_run, columns)
    ):
        return False
    if mask.columns:  # what is left out must be of the same nature on both sides all the same
        everything: dict[Key, list[int] | None] = {key: None}
        one, other = (bench.rows(pair.app, pair.app_run, everything)[key] for _ in range(2))
        varying = set(difference(out.app.relations[key], one, other).columns) & set(mask.columns)
        job_rows = bench.rows(pair.job, pair.job_run, everything) if varying else {}
        constant = _constant(bench, pair, {key: sorted(varying)}, job_rows, out) if varying else {}
        if constant:
            _says_constant(out, key, constant[key])
            return True
    what = ", ".join(mask.columns) or "the whole relation"
    out.left_out(key, mask.columns or ("every column",), f"{'.'.join(key)}: {what} left out by decision: {mask.why}")
    return True


def _natural(
    bench: Bench,
    pair: Pair,
    out: Comparison,
    buckets: Mapping[Key, list[int] | None],
    app_rows: Mapping[Key, list[Row]],
    job_rows: Mapping[Key, list[Row]],
) -> dict[Key, tuple[str, ...]]:
    """The columns in which the app's runs differ by themselves, of relations that are equal without them.

    What is new in every run of the app must be new in every run of the procedure: ``now()`` for
    ``clock_timestamp()`` or a constant for a random value would hide there.
    """
    app_again = bench.rows(pair.app, pair.app_run, buckets)
    columns = {k: difference(out.app.relations[k], app_rows[k], app_again[k]).columns for k in buckets}
    masks = {k: names for k, names in columns.items() if names and len(names) < len(out.app.relations[k].columns)}
    app_masked, job_masked = bench.digests(pair.app, pair.app_run, masks), bench.digests(pair.job, pair.job_run, masks)
    equal = {k: names for k, names in masks.items() if app_masked[k] == job_masked[k]}
    for key, names in _constant(bench, pair, equal, job_rows, out).items():
        del equal[key]
        _says_constant(out, key, names)
    return equal


def _constant(
    bench: Bench, pair: Pair, columns: Mapping[Key, Sequence[str]], job_rows: Mapping[Key, list[Row]], out: Comparison
) -> dict[Key, set[str]]:
    """Which of these columns are the same in every run of the procedure; ``job_rows`` are one run's rows."""
    still = {k: set(names) for k, names in columns.items()}
    for _ in range(_RUNS - 1):
        if not any(still.values()):
            break
        more = bench.rows(pair.job, pair.job_run, {k: None for k, names in still.items() if names})
        for key, rows in more.items():
            still[key] -= set(difference(out.app.relations[key], job_rows[key], rows).columns)
    return {key: names for key, names in still.items() if names}


def _says_constant(out: Comparison, key: Key, names: set[str]) -> None:
    out.differs(
        f"{'.'.join(key)}: {', '.join(sorted(names))}: new in every run of the app's statements, the same in {_RUNS} "
        "runs of the procedure",
        key,
    )


def _mask(masks: Sequence[Mask], key: Key) -> Mask | None:
    return next((mask for mask in masks if mask.relation == ".".join(key)), None)


def _unexplained(key: Key, app: Digest, job: Digest) -> list[str]:
    if app.populated != job.populated:
        return [f"{'.'.join(key)}: populated only after {'the app' if app.populated else 'the procedure'}"]
    return [f"{'.'.join(key)}: {app.rows} rows after the app's statements, {job.rows} after the procedure"]


def _told(out: Comparison) -> None:
    """What both sides did, relation by relation, and what was not read."""
    app, job = out.app, out.job
    relevant = sorted(app.changes.keys() & job.changes.keys())
    out.details["relations"] = {".".join(key): app.changes[key].rows for key in relevant}
    touched = []
    for key in sorted(app.written.keys() | job.written.keys()):
        words = app.relations[key].words if key in app.relations else "table"
        did, does = str(app.written.get(key, "nothing")), str(job.written.get(key, "nothing"))
        if did == does:
            out.lines.append(f"both sides: {'.'.join(key)} ({words}): {did}")
        else:
            out.lines.append(f"{'.'.join(key)} ({words}): the app's statements {did}; the procedure {does}")
        touched.append(
            Touched(
                relation=".".join(key), kind=words, app=did, job=does,
                same=key not in out._wrong, left_out=out._left_out.get(key, ()),
            )
        )  # fmt: skip
    _shown(out)
    written = [key for key in relevant if key in app.written or key in job.written]
    counted = sum(app.changes[key].rows for key in relevant)
    unread = sorted(set(app.unread) | set(job.unread))
    out.lines.append(
        f"compared row by row: {len(written)} relations that were written and {len(relevant) - len(written)} "
        f"that should not change, {counted} rows"
    )
    if unread:
        out.lines.append(
            f"not read: {', '.join('.'.join(key) for key in unread)}: too large to be read without a reason "
            "(neither side took a lock there that writing needs)"
        )
    cannot = [f"not read: {'.'.join(k)}: {why}" for k, why in sorted({**app.unreadable, **job.unreadable}.items())]
    out.lines += cannot
    out.proof = Proof(touched=tuple(touched), untouched=len(relevant) - len(written) + len(unread), open=tuple(cannot))


def _shown(out: Comparison) -> None:
    """Some of the rows that each side wrote, for the record's evidence."""
    samples = []
    for key in sorted(out.app.written.keys() | out.job.written.keys()):
        relation = out.app.relations.get(key) or out.job.relations.get(key)
        if relation is not None:
            samples.append(
                {
                    "relation": relation.name,
                    "columns": list(relation.columns),
                    "removed by the app's statements": [list(r) for r in out.app.removed.get(key, [])],
                    "added by the app's statements": [list(r) for r in out.app.added.get(key, [])],
                    "removed by the procedure": [list(r) for r in out.job.removed.get(key, [])],
                    "added by the procedure": [list(r) for r in out.job.added.get(key, [])],
                }
            )
    if samples:
        out.details["samples"] = samples
