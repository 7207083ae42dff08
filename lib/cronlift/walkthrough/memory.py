"""What the page's fields held, kept beside the run folders, so that a restarted kernel comes up as it was left.

What the stages found is in the run folder itself; this is only where the page was looking. The notebook's
parameters cell wins as soon as somebody changes it. Names of databases are kept, never connection strings.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cronlift.errors import CronliftError
from cronlift.record.run_folder import write_atomically
from cronlift.walkthrough.parameters import WalkthroughParameters

NAME = ".walkthrough.json"


class Memory:
    """The remembered fields and the step that was open, for the parameters the notebook's cell has now."""

    def __init__(self, cell: WalkthroughParameters) -> None:
        self._path = cell.folder().path.parent / NAME
        self._cell = cell.model_dump(mode="json")
        self.fields = cell
        self.step = ""
        self.checklist: list[list[str]] = []
        self._recall()

    def _recall(self) -> None:
        try:
            data: Any = json.loads(self._path.read_text(encoding="utf-8"))
            if data["cell"] == self._cell:
                self.fields = WalkthroughParameters.model_validate(data["fields"])
                self.step = str(data["step"])
                self.checklist = [[str(cell) for cell in row] for row in data["checklist"]]
        except (OSError, ValueError, KeyError, TypeError, CronliftError):
            return  # nothing is remembered, or by another version: the cell's own values hold

    def keep(self) -> None:
        """Write it down; where that cannot be done the page still works, and starts from the cell next time."""
        data = {
            "cell": self._cell,
            "fields": self.fields.model_dump(mode="json"),
            "step": self.step,
            "checklist": self.checklist,
        }
        try:
            write_atomically(self._path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
        except OSError:
            return

    @property
    def path(self) -> Path:
        return self._path
