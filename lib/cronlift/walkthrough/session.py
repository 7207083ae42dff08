"""What the walkthrough knows, without widgets: everything is read from the run folder, so a restart loses
nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cronlift.errors import CronliftError
from cronlift.model.document import Document
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.notebook import run as runs
from cronlift.notebook import views
from cronlift.notebook.display import Block, Say, block
from cronlift.notebook.parameters import resolve
from cronlift.notebook.runner import STAGES, Settings, Stage
from cronlift.record.outcome import of
from cronlift.record.run_folder import RunFolder
from cronlift.record.tally import tally
from cronlift.walkthrough.parameters import WalkthroughParameters

_VIEWS = {
    "inventory": views.inventory,
    "classify": views.classification,
    "generate": views.plan,
    "install": views.installation,
    "verify": views.verification,
}


@dataclass(frozen=True)
class Step:
    """One button: a stage; ``real`` is the one that writes to the database."""

    key: str
    label: str
    stage: Stage
    real: bool = False


def steps() -> tuple[Step, ...]:
    """The buttons from left to right."""
    inventory, classify, generate, install, verify = STAGES
    return (
        Step("inventory", "1  Inventory", inventory),
        Step("classify", "2  Classify", classify),
        Step("generate", "3  Generate", generate),
        Step("install-dry", "4  Show installation", install),
        Step("install", "Install", install, real=True),
        Step("verify", "5  Verify", verify),
    )


def folder_of(params: WalkthroughParameters) -> RunFolder:
    return params.folder()


def plan_of(params: WalkthroughParameters) -> Plan | None:
    """The plan in the run folder; None where there is none that can be read."""
    try:
        return params.folder().read_if_there(Plan)
    except CronliftError:
        return None


def possible(params: WalkthroughParameters, step: Step) -> bool:
    """Whether the stage before has left its document."""
    position = STAGES.index(step.stage)
    return position == 0 or params.folder().document(STAGES[position - 1].document).is_file()


def done(params: WalkthroughParameters, step: Step) -> bool:
    """Whether this step's own document is there (for installing: an applied one)."""
    try:
        document = params.folder().read_if_there(step.stage.document)
    except CronliftError:
        return False
    if isinstance(document, Installation):
        return document.applied == step.real
    return document is not None


def settings(params: WalkthroughParameters, *, approved: str = "", probe: bool = False) -> Settings:
    """The runner's settings for the fields as they are; ``approved`` is the hash of the plan that was ticked."""
    return Settings(
        app=resolve(params.app),
        run=params.folder().path,
        env=params.env,
        decisions=resolve(params.decisions) if params.decisions else None,
        service=params.service or None,
        dsn_env=params.dsn_env or None,
        cron_database=params.cron_database or None,
        apply=bool(approved),
        plan_hash=approved,
        probe=probe,
    )


def perform(params: WalkthroughParameters, step: Step, *, approved: str = "", probe: bool = False) -> Block:
    """Run one step; what happened, as a block. Errors are words in the block, never a traceback."""
    try:
        report = runs.run(settings(params, approved=approved if step.real else "", probe=probe), stages=[step.stage])
    except CronliftError as error:
        return block(Say(str(error), "red"))
    if report.stopped and not params.folder().document(step.stage.document).is_file():
        return block(Say(report.stopped, "red"))
    return shown(params, step.stage)


def shown(params: WalkthroughParameters, stage: Stage) -> Block:
    """What a stage left, for people."""
    try:
        document: Document | None = params.folder().read_if_there(stage.document)
    except CronliftError as error:
        return block(Say(str(error), "red"))
    if document is None:
        return block(Say("This step has not run yet."))
    view: Block = _VIEWS[stage.name](document)  # type: ignore[operator]
    return view


def latest(params: WalkthroughParameters) -> tuple[Stage, Block] | None:
    """The furthest stage that has run in this folder, for a page that is opened again."""
    for stage in reversed(STAGES):
        if params.folder().document(stage.document).is_file():
            return stage, shown(params, stage)
    return None


def jobs(params: WalkthroughParameters) -> Block:
    """The table of all jobs, as far as the stages have got."""
    try:
        record = tally(params.folder())
    except CronliftError as error:
        return block(Say(str(error), "red"))
    if not record.rows:
        return block(Say("No job is known yet: start with the inventory."))
    where = (Say(f"The record so far: {params.run}/record.html"),) if page(params) else ()
    return Block((*views.tally(record).parts, *where))


def page(params: WalkthroughParameters) -> Path | None:
    """The record's page, once there is one."""
    path = params.folder().page
    return path if path.is_file() else None


def sentence(params: WalkthroughParameters, stage: Stage) -> str:
    """The stage's outcome in one sentence; empty where it has not run."""
    try:
        document = params.folder().read_if_there(stage.document)
    except CronliftError as error:
        return error.what
    return of(document).sentence if document is not None else ""
