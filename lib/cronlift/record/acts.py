"""Acts on the gates, as a run folder keeps them: each in a file of its own, none written over by a later one.

``documents/handover.json`` is the latest; ``acts/001_start.json`` and so on are all of them, those of earlier plans
too. ``acts/001_start.sql`` is what it sent to change something, word for word.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field

from cronlift.generate.quoting import comment
from cronlift.model.handover import Act, Hand, Handover
from cronlift.model.plan import Plan
from cronlift.model.verification import Verification
from cronlift.record.manifest import who
from cronlift.record.run_folder import ACTS, RunFolder
from cronlift.record.tally import current
from cronlift.verification import gated

Recorder = Callable[[Handover], object]


@dataclass
class Keeper:
    """Keeps one act: called before it changes anything, and again as it went on; all under one number."""

    folder: RunFolder
    _number: int = field(init=False)

    def __post_init__(self) -> None:
        self._number = max((number for number, _ in _files(self.folder)), default=0) + 1

    def __call__(self, document: Handover) -> None:
        """Write it down."""
        self.folder.write_document(document)
        name = f"{ACTS}/{self._number:03d}_{document.verb.replace('-', '_')}"
        act = Act(run_id=document.run_id, who=who(), host=platform.node(), handover=document)
        self.folder.write(f"{name}.json", act.to_json())
        if document.statements:
            self.folder.write(f"{name}.sql", executed(document))


def executed(document: Handover) -> str:
    """An act's statements as a file to read: which database each went to, and what they changed."""
    verb, at = document.verb, document.at
    said = [
        f"cronlift jobs {verb}, begun at {at} by the server's clock, on plan {document.plan_hash}.",
        "The record of what was sent, each part a transaction of its own; not a script to run again.",
        *(() if document.complete else document.notes),
    ]
    for hand in document.jobs:
        times = "".join(f", {word} {at}" for word, at in (("from", hand.pg_from), ("until", hand.pg_until)) if at)
        said.append(f"{hand.job}: {hand.before or 'not installed'} -> {hand.after or 'not installed'}{times}")
    lines = [comment(line) for line in said]
    for statement in document.statements:
        lines += ["", comment(f"In database {statement.database}:"), statement.text]
    return "\n".join(lines) + "\n"


def act(folder: RunFolder, do: Callable[[Recorder], Handover]) -> Handover:
    """Do something to the gates and keep it; what only looked is not kept. A verification that is on record must not
    deny it. The caller holds the folder."""
    keep = Keeper(folder)
    document = do(keep)
    if document.applied:
        keep(document)
        seen = current(folder.read_if_there(Verification), folder.read(Plan))
        if seen is not None:
            folder.write_document(gated.after(seen, document))
    return document


def acts(folder: RunFolder) -> tuple[Act, ...]:
    """All acts on record, the first one first. Raises UsageError where a file is none."""
    return tuple(Act.from_file(folder.path / ACTS / name) for _, name in _files(folder))


def standing(found: tuple[Act, ...], plan: Plan) -> dict[str, Hand]:
    """Where the acts on this plan left its jobs, by id; what none of them touched is left out."""
    return {hand.job: hand for one in found if one.handover.plan_hash == plan.hash for hand in one.handover.jobs}


def _files(folder: RunFolder) -> list[tuple[int, str]]:
    names = sorted(path.name for path in (folder.path / ACTS).glob("*_*.json"))
    return [(int(head), name) for name in names if (head := name.partition("_")[0]).isdigit()]
