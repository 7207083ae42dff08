"""The run folder: where a run's documents, SQL, executed notebooks and record lie, and who may write to it.

::

    documents/      inventory.json classification.json plan.json installation.json verification.json evidence.json
                    handover.json (the latest act of cronlift jobs)
    acts/           001_start.json …: every act of cronlift jobs
    sql/            up.sql down.sql, the framework's migration, config.patch
    pull_request/   config.patch, the framework's migration, summary.md
    notebooks/      01_inventory.ipynb … as executed
    history/        manifests of earlier runs in the same folder
    manifest.json, record.html
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cronlift.errors import ServerError, UsageError
from cronlift.model.document import SCHEMA_VERSION, Document
from cronlift.model.handover import Handover
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory
from cronlift.model.plan import Plan
from cronlift.model.verdict import Classification
from cronlift.model.verification import Verification
from cronlift.record import pull_request

DOCUMENTS: dict[type[Document], str] = {
    Inventory: "inventory",
    Classification: "classification",
    Plan: "plan",
    Installation: "installation",
    Verification: "verification",
    Handover: "handover",
}
ACTS = "acts"
LOCK = ".lock"
HELD = "CRONLIFT_LOCK_HELD"
"""Set for the kernels of a run whose runner holds the lock, to the folder's path: they write on its behalf."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_UNFINISHED = re.compile(r"\.(\w+\.json|[\w.-]+\.(sql|exs|patch|html))\.[a-z0-9_]{8}")

D = TypeVar("D", bound=Document)


@dataclass(frozen=True)
class RunFolder:
    """One run's folder. Nothing is created before the first write."""

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(os.path.abspath(self.path)))  # noqa: PTH100 - keeps symbolic links

    @property
    def documents(self) -> Path:
        return self.path / "documents"

    @property
    def sql(self) -> Path:
        return self.path / "sql"

    @property
    def notebooks(self) -> Path:
        return self.path / "notebooks"

    @property
    def history(self) -> Path:
        return self.path / "history"

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.json"

    @property
    def page(self) -> Path:
        return self.path / "record.html"

    @property
    def evidence(self) -> Path:
        return self.documents / "evidence.json"

    def document(self, kind: type[Document]) -> Path:
        """Where a stage's document lies."""
        return self.documents / f"{DOCUMENTS[kind]}.json"

    def read(self, kind: type[D]) -> D:
        """A stage's document. Raises UsageError where the stage has not run or the file is not ours."""
        return kind.from_file(self.document(kind))

    def read_if_there(self, kind: type[D]) -> D | None:
        """A stage's document, or None where the stage has not run."""
        return self.read(kind) if self.document(kind).is_file() else None

    def read_evidence(self) -> dict[str, Any]:
        """What the databases reported during verify (instants, rows); empty where verify has not run."""
        if not self.evidence.is_file():
            return {}
        try:
            data = json.loads(self.evidence.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                "evidence.json cannot be read", where=str(self.documents), do="run cronlift verify again"
            ) from error
        return data if isinstance(data, dict) else {}

    def write(self, relative: str, text: str) -> Path:
        """Write a text file below the folder: whole or not at all. Raises UsageError for a path that leaves
        it."""
        target = self.path / relative
        if Path(relative).is_absolute() or ".." in Path(relative).parts:
            raise UsageError("a file of a run must lie in its folder", where=relative, do="generate the plan again")
        try:
            write_atomically(target, text)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise ServerError(
                    f"cannot write {relative}: {error.strerror}; the file is as it was before",
                    where=str(self.path),
                    do="make room, then run the same command again: it continues",
                ) from error
            raise UsageError(
                f"cannot write {relative}: {error.strerror}",
                where=str(self.path),
                do="name a folder you may write to with --run",
            ) from error
        return target

    def write_document(self, document: Document) -> Path:
        """Write a stage's document; a plan brings its SQL, migration and patch along (see write_plan)."""
        if isinstance(document, Plan):
            self._write_plan_files(document)
        return self.write(f"documents/{DOCUMENTS[type(document)]}.json", document.to_json())

    def write_evidence(self, evidence: dict[str, Any]) -> Path:
        """Write what verify saw in the databases (JSON-like; instants as text)."""
        text = json.dumps(evidence, indent=2, ensure_ascii=False, default=str) + "\n"
        return self.write("documents/evidence.json", text)

    def _write_plan_files(self, plan: Plan) -> None:
        files = {
            "up.sql": plan.up_sql,
            "down.sql": plan.down_sql,
            Path(plan.migration.file).name: plan.migration.text,
            "config.patch": plan.patch,
        }
        wanted = {name: text for name, text in files.items() if text and plan.jobs}
        for old in self.sql.glob("*_*.exs"):  # the migration of an earlier plan, under another name
            if old.name not in wanted:
                old.unlink()
        for name in files:
            if name in wanted:
                self.write(f"sql/{name}", wanted[name])
            else:
                (self.sql / name).unlink(missing_ok=True)
        for_review = pull_request.files(plan)
        for old in (self.path / pull_request.FOLDER).glob("*"):
            if f"{pull_request.FOLDER}/{old.name}" not in for_review:
                old.unlink()
        for name, text in for_review.items():
            self.write(name, text)

    def forget(self, kind: type[Document]) -> None:
        """Remove a stage's old document, so that what is there after a stage was made by it."""
        self.document(kind).unlink(missing_ok=True)
        if kind is Verification:
            self.evidence.unlink(missing_ok=True)

    @property
    def held_by_runner(self) -> bool:
        """Whether this process is a kernel of a run that holds the lock and will close the record."""
        return os.environ.get(HELD) == str(self.path)

    @contextmanager
    def writing(self, *, closes: bool = True) -> Iterator[RunFolder]:
        """Hold the folder for writing; a second writer is told so. Released when the process ends, however it
        ends.

        When documents were changed meanwhile the record is closed over them (close.py), so that nobody can forget
        it; ``closes`` False: the caller does so himself, with more to say.
        Raises UsageError where another process writes, or the folder cannot be made.
        """
        if self.held_by_runner:
            yield self
            return
        self._refuse_foreign()
        new = not self.path.exists()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise UsageError(
                f"cannot write to the run folder: {error.strerror}",
                where=str(self.path),
                do="name a folder you may write to with --run",
            ) from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UsageError(
                    "another cronlift is writing to this run folder",
                    where=str(self.path),
                    do="wait until it is done (or close the other browser tab's run), or use another --run folder",
                ) from error
            self._refuse_other_version()
            self._sweep()
            from cronlift.record.manifest import note_altered  # it reads through this module

            note_altered(self)
            before = self._stamps()
            try:
                yield self
            finally:
                if closes and self._stamps() != before:
                    from cronlift.record.close import close  # it writes through this module

                    close(self)
        finally:
            if new and {p.name for p in self.path.iterdir()} == {LOCK}:
                (self.path / LOCK).unlink()  # nothing came of it: what was not there is not there again
                self.path.rmdir()
            os.close(descriptor)

    def note_altered(self, found: tuple[str, ...]) -> None:
        """Keep in the lock's own file, until the record is closed, what was not as sealed when the lock was taken."""
        (self.path / LOCK).write_text(json.dumps(found), encoding="utf-8")

    def found_altered(self) -> tuple[str, ...]:
        """What ``note_altered`` kept; empty where nothing was noted."""
        try:
            data = json.loads((self.path / LOCK).read_text(encoding="utf-8") or "[]")
        except (OSError, ValueError):
            return ()
        return tuple(str(text) for text in data)

    def _stamps(self) -> dict[str, tuple[int, int]]:
        found = sorted(self.documents.glob("*.json"))
        return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}

    def _refuse_other_version(self) -> None:
        """A record of another version of cronlift is not continued: its documents would be lost."""
        for path in (self.manifest, *sorted(self.documents.glob("*.json"))):
            try:
                data = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # absent, or broken: whoever needs it says so
            version = data.get("schema_version", SCHEMA_VERSION) if isinstance(data, dict) else SCHEMA_VERSION
            if version != SCHEMA_VERSION:
                raise UsageError(
                    f"this run folder was written by another version of cronlift: {path.name} has schema version "
                    f"{version}, this one writes {SCHEMA_VERSION}",
                    where=str(self.path),
                    do="use the cronlift that wrote it, or name a new folder with --run",
                )

    def _sweep(self) -> None:
        """Remove what a writer that was killed had not finished (see write_atomically)."""
        for path in self.path.rglob(".*"):
            if _UNFINISHED.fullmatch(path.name) and path.is_file():
                path.unlink()

    def _refuse_foreign(self) -> None:
        """A folder that holds other things is never written to: the manifest lists every file below it."""
        if not self.path.exists() or (self.path / LOCK).exists() or self.manifest.exists():
            return
        names = {p.name for p in self.path.iterdir()} if self.path.is_dir() else {"."}
        ours = {"documents", "sql", "notebooks", "history", ACTS, pull_request.FOLDER}
        if names and ("documents" not in names or not names <= ours):
            raise UsageError(
                "this is not a run folder: it holds other files",
                where=str(self.path),
                do="name a new or empty folder with --run",
            )


def write_atomically(target: Path, text: str) -> None:
    """Write UTF-8 text to a file that others may read meanwhile: they see the old text or the new."""
    target.parent.mkdir(parents=True, exist_ok=True)
    mask = os.umask(0)
    os.umask(mask)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o666 & ~mask)  # mkstemp makes 0600; a run is as readable as any other file
        Path(name).replace(target)
    except BaseException:  # whatever it was, no half-written file stays
        Path(name).unlink(missing_ok=True)
        raise


def next_folder(parent: Path) -> Path:
    """The first unused ``<parent>/<n>``, counting from 1."""
    taken = [int(p.name) for p in parent.glob("*") if re.fullmatch(r"\d+", p.name)] if parent.is_dir() else []
    return parent / str(max(taken, default=0) + 1)
