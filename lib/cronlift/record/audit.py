"""The audit: does a run folder still hold what was sealed, and does its chain hold?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cronlift.errors import UsageError
from cronlift.record.manifest import Manifest, hashes, sha256
from cronlift.record.run_folder import RunFolder

Kind = Literal["changed", "missing", "added", "seal", "chain", "earlier", "database"]


@dataclass(frozen=True)
class Difference:
    """One thing that is not as sealed; ``earlier``: it was not when a later command sealed the folder anew."""

    kind: Kind
    what: str


@dataclass(frozen=True)
class Listed:
    """One record in a list: the run folder and its manifest, or what is wrong with it."""

    path: Path
    manifest: Manifest | None
    problem: str = ""


def verify(folder: RunFolder, expected_seal: str = "") -> tuple[Difference, ...]:
    """Every difference between the folder and its manifest, then between the manifest and the records before
    it.

    ``expected_seal``: a seal kept elsewhere; without one, a manifest that was rebuilt whole is not noticed.
    Raises UsageError where there is no manifest.
    """
    manifest = Manifest.from_file(folder.manifest)
    earlier = [Difference("earlier", text) for text in manifest.altered]
    now = [Difference(kind, name) for kind, name in manifest.differences(hashes(folder))]
    return (*now, *_seal(manifest, expected_seal), *_chain(folder, manifest), *earlier)


def _seal(manifest: Manifest, expected: str) -> list[Difference]:
    if manifest.seal != manifest.computed_seal():
        return [Difference("seal", "manifest.json was edited after sealing")]
    if expected and manifest.seal != expected:
        return [Difference("seal", f"manifest.json is not the one you kept the seal of: its seal is {manifest.seal}")]
    return []


def _chain(folder: RunFolder, manifest: Manifest) -> list[Difference]:
    """Follow ``previous`` through this folder's history and, once, to the folder beside it."""
    found: list[Difference] = []
    current = manifest
    for _ in range(manifest.sequence):
        before = current.previous
        if before is None:
            return found
        if ".." in Path(before.run).parts or Path(before.run).is_absolute():
            return [*found, Difference("chain", f"the record before has an impossible place: {before.run}")]
        own = before.run.startswith("history/")
        path = folder.path / before.run if own else folder.path.parent / before.run / "manifest.json"
        if not path.is_file():
            where = before.run if own else f"beside this folder: {before.run}"
            return [*found, Difference("chain", f"the record before is gone ({where})")]
        if sha256(path) != before.sha256 and not (not own and _in_history(path.parent, before.sha256)):
            found.append(Difference("chain", f"the record before was changed ({before.run})"))
        if not own:
            return found
        try:
            current = Manifest.from_file(path)
        except UsageError:
            return [*found, Difference("chain", f"the record before cannot be read ({before.run})")]
    return found


def _in_history(run: Path, wanted: str) -> bool:
    """Whether that run was repeated since: its manifest of then is in its history."""
    return any(sha256(path) == wanted for path in (run / "history").glob("*.json"))


def records(parent: Path) -> tuple[Listed, ...]:
    """The run folders below ``parent`` (or ``parent`` itself), oldest first. Raises UsageError for no folder."""
    if not parent.is_dir():
        raise UsageError("there is no such folder", where=str(parent), do="name the folder your run folders lie in")
    paths = [p.parent for p in [parent / "manifest.json", *parent.glob("*/manifest.json")] if p.is_file()]
    listed = []
    for path in paths:
        try:
            listed.append(Listed(path, Manifest.from_file(path / "manifest.json")))
        except UsageError as error:
            listed.append(Listed(path, None, error.what))
    return tuple(sorted(listed, key=lambda one: (one.manifest.finished if one.manifest else "", str(one.path))))
