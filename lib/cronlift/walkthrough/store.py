"""What the page knows: everything is read from the run folder, and again only when a file there has changed."""

from __future__ import annotations

from typing import Any, TypeVar

from cronlift.errors import CronliftError
from cronlift.model.document import Document
from cronlift.model.handover import Act, Handover
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.model.verification import Verification
from cronlift.record import acts
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import Tally, current, tally

D = TypeVar("D", bound=Document)
Stamp = tuple[int, int, int]


class Store:
    """Documents of one run folder. A document that cannot be read counts as not there; ``problem`` says why."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._kept: dict[type[Document], tuple[Stamp, Any]] = {}
        self.problem = ""

    def read(self, kind: type[D]) -> D | None:
        """A stage's document, or None."""
        try:
            found = self.folder.document(kind).stat()
        except OSError:
            return None
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        kept = self._kept.get(kind)
        if kept is None or kept[0] != stamp:
            try:
                kept = (stamp, self.folder.read(kind))
            except CronliftError as error:
                self.problem = str(error)
                return None
            self._kept[kind] = kept
        document: D = kept[1]
        return document

    @property
    def plan(self) -> Plan | None:
        return self.read(Plan)

    @property
    def installation(self) -> Installation | None:
        """What was done with the plan that is there now."""
        return current(self.read(Installation), self.plan)

    @property
    def verification(self) -> Verification | None:
        """What was found of the plan that is there now."""
        return current(self.read(Verification), self.plan)

    @property
    def handover(self) -> Handover | None:
        """The latest act on the gates of the plan that is there now."""
        return current(self.read(Handover), self.plan)

    @property
    def acts(self) -> tuple[Act, ...]:
        """Every act on record; none where one cannot be read."""
        try:
            return acts.acts(self.folder)
        except CronliftError as error:
            self.problem = str(error)
            return ()

    @property
    def installed(self) -> bool:
        """Whether this plan was installed and not taken back since."""
        done = self.installation
        return bool(done and done.applied and not {a.state for a in done.actions} <= {"removed", "absent"})

    def tally(self) -> Tally:
        """Every job's row; empty where nothing can be read."""
        try:
            return tally(self.folder)
        except CronliftError as error:
            self.problem = str(error)
            return Tally(())
