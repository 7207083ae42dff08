"""What the steps of the page share: the fields, the run folder, the one worker, and how a stage is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cronlift.errors import CronliftError, UsageError
from cronlift.notebook import run as runs
from cronlift.notebook.runner import Settings, Stage
from cronlift.postgres.server import Server
from cronlift.walkthrough.lock import PageLock
from cronlift.walkthrough.memory import Memory
from cronlift.walkthrough.parameters import WalkthroughParameters
from cronlift.walkthrough.store import Store
from cronlift.walkthrough.work import Watched, Work


class Context:
    """One page's state. ``changed`` is called when something may look different now, ``go`` opens a step."""

    def __init__(self, cell: WalkthroughParameters) -> None:
        self.memory = Memory(cell)
        self.lock = PageLock()
        self.work = Work()
        self.store = Store(self.fields.folder())
        self.changed: Callable[[], None] = lambda: None
        self.go: Callable[[str], None] = lambda key: None

    @property
    def fields(self) -> WalkthroughParameters:
        return self.memory.fields

    @property
    def root(self) -> Path:
        """The application's folder."""
        return self.fields.folder_of_app

    def change(self, **values: str) -> None:
        """Take on new values of fields, and remember them. Raises UsageError, and takes on nothing, where a database's
        name is none: what was typed could be a connection string, and holds a password then."""
        new = self.fields.model_copy(update={name: value.strip() for name, value in values.items()})
        if new == self.fields:
            return
        for service, variable in ((new.service, new.dsn_env), (new.proof_service, new.proof_dsn_env)):
            Server(service=service or None), Server(dsn_env=variable or None)
        if new.run != self.fields.run:
            self.lock.leave()
        self.memory.fields = new
        self.memory.checklist = []
        self.memory.keep()
        self.store = Store(new.folder())
        self.changed()

    def server(self) -> Server:
        """The application's database, as it was named. Raises UsageError for something that is no name."""
        return self.fields.server()

    def proof(self) -> Server | None:
        """The disposable database for the effect proof, where one is named."""
        service, variable = self.fields.proof_service, self.fields.proof_dsn_env
        return Server(service=service or None, dsn_env=variable or None) if service or variable else None

    def run_stage(self, stage: Stage, watched: Watched, **more: Any) -> None:
        """Run a stage's notebook into the run folder. Raises CronliftError where it left no document."""
        if not self.fields.app:
            raise UsageError("no application is named", do="name its folder in step 1")
        decisions = self.fields.decisions_file
        settings = Settings(
            app=self.root,
            run=self.fields.folder().path,
            env=self.fields.env,
            decisions=decisions if decisions and decisions.is_file() else None,
            service=self.fields.service or None,
            dsn_env=self.fields.dsn_env or None,
            cron_database=self.fields.cron_database or None,
            proof_service=self.fields.proof_service or None,
            proof_dsn_env=self.fields.proof_dsn_env or None,
            environment=watched.environment,
            **more,
        )
        report = runs.run(settings, stages=[stage])
        if report.stopped and self.store.read(stage.document) is None:
            raise CronliftError(report.stopped)
