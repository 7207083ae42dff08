"""The manifest: every file of a run with its SHA-256, what went in, who and when, and the hash of the record
before.

What the chain proves: a file that was changed after sealing is noticed, and so is a changed earlier manifest,
by anyone who kept a later one (or its seal). What it does not prove: whoever holds all of it can rebuild it.
The one place where clock time, user and host are kept: documents hold none.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError

from cronlift import __version__
from cronlift.errors import UsageError
from cronlift.model.document import Record, digest
from cronlift.model.plan import Plan, Target
from cronlift.record.run_folder import LOCK, RunFolder

_PACKAGES = (
    "papermill",
    "nbclient",
    "ipykernel",
    "psycopg",
    "pgparse",
    "tree-sitter",
    "tree-sitter-elixir",
    "pydantic",
)


class Inputs(Record):
    """What the run was given. ``options`` are the run's options by name (names of databases, never their
    strings)."""

    app: str
    app_revision: str
    env: str = "prod"
    decisions_sha256: str | None = None
    options: dict[str, str] = Field(default_factory=dict)


class Previous(Record):
    """The record before this one: ``run`` is its folder's name (or its file in this folder's history)."""

    run: str
    sha256: str


class Manifest(Record):
    """``seal`` is the SHA-256 of everything else in the manifest: the one line to keep elsewhere.

    ``altered``: what was not as sealed when a command came to work in this folder again. It would look right from then
    on, being sealed anew, so it is kept here for good.
    """

    schema_version: Literal[1] = 1
    run_id: str
    sequence: int
    started: str
    finished: str
    who: str
    host: str
    exit_code: int
    cronlift: str
    python: str
    packages: dict[str, str]
    inputs: Inputs
    target: Target | None
    plan_hash: str | None
    files: dict[str, str]
    previous: Previous | None
    altered: tuple[str, ...] = ()
    seal: str = ""

    def differences(self, now: dict[str, str]) -> list[tuple[Literal["changed", "missing", "added"], str]]:
        """How the files that are there ``now`` (name and SHA-256) differ from those that were sealed."""
        found: list[tuple[Literal["changed", "missing", "added"], str]] = [
            ("missing" if name not in now else "changed", name)
            for name, sealed in self.files.items()
            if now.get(name) != sealed
        ]
        return [*found, *(("added", name) for name in now if name not in self.files)]

    def computed_seal(self) -> str:
        return digest(self.model_dump(mode="json", exclude={"seal"}))

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a manifest. Raises UsageError where there is none or it is not one."""
        try:
            return cls.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise UsageError(
                f"there is no record here: cannot read {path.name}: {error.strerror}",
                where=str(path.parent),
                do="name a run folder (cronlift audit list DIR shows the ones below a folder)",
            ) from error
        except (ValueError, ValidationError) as error:
            raise UsageError(
                f"{path.name} is not a manifest that this cronlift reads",
                where=str(path.parent),
                do="use the cronlift that wrote it; a manifest edited by hand is not read",
            ) from error


def seal(folder: RunFolder, *, run_id: str, inputs: Inputs, started: datetime, exit_code: int) -> Manifest:
    """Write ``manifest.json`` over everything the folder holds now; the caller holds the folder's lock."""
    previous, sequence = _chain(folder)
    plan = folder.read_if_there(Plan)
    manifest = Manifest(
        run_id=run_id,
        sequence=sequence,
        started=instant(started),
        finished=instant(datetime.now(UTC)),
        who=who(),
        host=platform.node(),
        exit_code=exit_code,
        cronlift=__version__,
        python=platform.python_version(),
        packages=versions(),
        inputs=inputs,
        target=plan.target if plan else None,
        plan_hash=plan.hash if plan else None,
        files=hashes(folder),
        previous=previous,
        altered=tuple(dict.fromkeys((*_last_altered(folder), *folder.found_altered()))),
    )
    manifest = manifest.model_copy(update={"seal": manifest.computed_seal()})
    folder.write("manifest.json", json.dumps(manifest.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    return manifest


def note_altered(folder: RunFolder) -> None:
    """Note, for the next sealing, what is not as it was sealed last; the caller has just got the folder's lock.

    A command that was killed leaves such differences, too: what is noted is a fact, not an accusation.
    """
    if not folder.manifest.is_file():
        return
    try:
        last = Manifest.from_file(folder.manifest)
    except UsageError:
        folder.note_altered(("manifest.json could not be read any more",))
        return
    found = [f"{name}: {kind} after {last.finished}" for kind, name in last.differences(hashes(folder))]
    if last.seal != last.computed_seal():
        found.append(f"manifest.json: edited after {last.finished}")
    folder.note_altered(tuple(found))


def _last_altered(folder: RunFolder) -> tuple[str, ...]:
    try:
        return Manifest.from_file(folder.manifest).altered if folder.manifest.is_file() else ()
    except UsageError:
        return ()


def hashes(folder: RunFolder) -> dict[str, str]:
    """SHA-256 of every file below the folder but the manifest and the lock, by relative path, sorted.

    A symbolic link counts as the text it points to, so that it cannot smuggle anything in or out unnoticed.
    """
    found = {}
    for path in sorted(folder.path.rglob("*")):
        name = path.relative_to(folder.path).as_posix()
        if name in ("manifest.json", LOCK):
            continue
        if path.is_symlink():
            found[name] = hashlib.sha256(b"link:" + str(path.readlink()).encode(errors="surrogateescape")).hexdigest()
        elif path.is_file():
            found[name] = sha256(path)
    return found


def sha256(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def who() -> str:
    """The login name of whoever runs this."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def _chain(folder: RunFolder) -> tuple[Previous | None, int]:
    """What comes before: this folder's own last record (kept in history/), else the latest one beside it."""
    if folder.manifest.is_file():
        text = folder.manifest.read_text(encoding="utf-8")
        try:
            sequence = Manifest.from_file(folder.manifest).sequence
        except UsageError:
            sequence = len(list(folder.history.glob("*.json"))) + 1
        name = f"history/{sequence}.json"
        folder.write(name, text)
        return Previous(run=name, sha256=hashlib.sha256(text.encode()).hexdigest()), sequence + 1
    beside = []
    for path in folder.path.parent.glob("*/manifest.json"):
        if path.parent != folder.path:
            try:
                beside.append((Manifest.from_file(path).finished, path))
            except UsageError:
                continue
    if not beside:
        return None, 1
    latest = max(beside)[1]
    return Previous(run=latest.parent.name, sha256=sha256(latest)), 1


def instant(moment: datetime) -> str:
    """A moment as text, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """The versions of the packages that a record's content depends on."""
    return {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"
