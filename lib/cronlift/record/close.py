"""Closing a record: the page and the manifest are made anew from what the run folder holds.

Whatever writes into a run folder ends with this, so that ``cronlift audit verify`` finds it as it was left.
"""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime
from pathlib import Path

from cronlift.errors import UsageError
from cronlift.model.job import Inventory
from cronlift.record import manifest, outcome, page
from cronlift.record.manifest import Inputs, Manifest
from cronlift.record.revision import UNKNOWN, revision
from cronlift.record.run_folder import DOCUMENTS, RunFolder


def close(
    folder: RunFolder,
    *,
    inputs: Inputs | None = None,
    run_id: str = "",
    started: datetime | None = None,
    exit_code: int | None = None,
    stopped: str = "",
) -> Manifest:
    """Write ``record.html`` and ``manifest.json``; the caller holds the folder's lock.

    What is not given is taken from the folder's last record (a single stage, install say, knows no application);
    the exit code from what the documents say.
    """
    last = _last(folder)
    inventory = folder.read_if_there(Inventory)
    given = inputs or (last.inputs if last else Inputs(app=inventory.app if inventory else "", app_revision=UNKNOWN))
    name = run_id or (inventory.run_id if inventory else "") or (last.run_id if last else "")
    moment = started or datetime.now(UTC)
    page.write_page(
        folder,
        page.Context(
            app=given.app,
            revision=given.app_revision,
            env=given.env,
            run_id=name,
            started=manifest.instant(moment).replace("T", " ").replace("+00:00", " UTC"),
            stopped=stopped,
            options=given.options,
            decisions_sha256=given.decisions_sha256 or "",
            versions={"Python": platform.python_version(), **manifest.versions()},
        ),
    )
    code = _code(folder) if exit_code is None else exit_code
    return manifest.seal(folder, run_id=name, inputs=given, started=moment, exit_code=code)


def inputs_of(app: Path, env: str, decisions: Path | None = None, options: dict[str, str] | None = None) -> Inputs:
    """What a run was given: the application's name and revision, the decisions' hash, the options by name."""
    judged = hashlib.sha256(decisions.read_bytes()).hexdigest() if decisions and decisions.is_file() else None
    return Inputs(
        app=app.resolve().name,
        app_revision=revision(app),
        env=env,
        decisions_sha256=judged,
        options=options or {},
    )


def _code(folder: RunFolder) -> int:
    found = (folder.read_if_there(kind) for kind in DOCUMENTS)
    return outcome.worst([outcome.of(document).exit_code for document in found if document is not None])


def _last(folder: RunFolder) -> Manifest | None:
    try:
        return Manifest.from_file(folder.manifest) if folder.manifest.is_file() else None
    except UsageError:
        return None
