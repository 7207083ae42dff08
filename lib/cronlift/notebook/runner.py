"""Runs the stages' notebooks through papermill, one after the other, and says whether each one is done.

A stage is done when papermill returned normally AND every non-empty code cell was executed without an error
AND the stage's document carries this run's id with a verdict that is not red. (A kernel that dies leaves
cells marked as completed, and ``sys.exit(0)`` in a notebook looks like success to papermill alone.)
"""

from __future__ import annotations

import logging
import signal
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cronlift import resources
from cronlift.errors import CronliftError
from cronlift.model.document import Document
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory
from cronlift.model.plan import Mode, Plan
from cronlift.model.verdict import Classification
from cronlift.model.verification import Verification
from cronlift.notebook.kernel import LocalKernel, kernel_class
from cronlift.record import outcome
from cronlift.record.outcome import Outcome
from cronlift.record.run_folder import HELD, RunFolder

START_TIMEOUT = 120
CELL_TIMEOUT = 1800
"""Seconds for a kernel to start, and for the longest cell (verify waits for a real run by pg_cron)."""

GRACE = 15
"""Seconds that a cell has for undoing what it began, after an interrupt."""

INTERRUPTED = "interrupted"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Stage:
    """A stage's notebook and the document it leaves."""

    name: str
    notebook: str
    document: type[Document]


STAGES = (
    Stage("inventory", "01_inventory", Inventory),
    Stage("classify", "02_classify", Classification),
    Stage("generate", "03_generate", Plan),
    Stage("install", "04_install", Installation),
    Stage("verify", "05_verify", Verification),
)


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do. A database is named, never spelt out; ``environment`` is added to the
    kernels'."""

    app: Path
    run: Path
    run_id: str = ""
    env: str = "prod"
    decisions: Path | None = None
    jobs: tuple[str, ...] = ()
    mode: Mode | None = None
    service: str | None = None
    dsn_env: str | None = None
    cron_database: str | None = None
    observe: bool = False
    apply: bool = False
    plan_hash: str = ""
    proof_service: str | None = None
    proof_dsn_env: str | None = None
    probe: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    def parameters(self, stage: Stage) -> dict[str, Any]:
        """The parameters of a stage's notebook."""
        common = {"run": str(self.folder.path), "run_id": self.run_id}
        app = str(self.app.resolve())
        server = {"service": self.service or "", "dsn_env": self.dsn_env or ""}
        cron = {**server, "cron_database": self.cron_database or ""}
        decisions = str(self.decisions.resolve()) if self.decisions else ""
        own: dict[str, dict[str, Any]] = {
            "inventory": {
                "app": app,
                "env": self.env,
                **(server if self.observe else {"service": "", "dsn_env": ""}),
            },
            "classify": {"app": app, "env": self.env, "decisions": decisions},
            "generate": {"app": app, "decisions": decisions, "jobs": list(self.jobs), "mode": self.mode or "", **cron},
            "install": {"apply": self.apply, "plan_hash": self.plan_hash, **cron},
            "verify": {
                "app": app,
                "env": self.env,
                "proof_service": self.proof_service or "",
                "proof_dsn_env": self.proof_dsn_env or "",
                "probe": self.probe,
                **cron,
            },
        }
        return {**common, **own[stage.name]}

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.run)


@dataclass(frozen=True)
class StageResult:
    """How a stage went: ``code`` is its exit code, ``text`` the sentence (or the error) in words."""

    stage: Stage
    code: int
    text: str
    seconds: float
    outcome: Outcome | None = None

    @property
    def done(self) -> bool:
        """Whether the next stage may start."""
        return self.code in (0, 4)


def run_stages(
    settings: Settings, *, stages: Sequence[Stage] = STAGES, progress: Progress = lambda text: None
) -> list[StageResult]:
    """Run the notebooks in order; stops after the first one that is not done. The caller holds the folder's
    lock."""
    results = []
    for stage in stages:
        waits = " (shows a real run at the next minute)" if stage.name == "verify" and settings.probe else ""
        progress(f"{stage.notebook} …{waits}")
        result = run_stage(settings, stage)
        results.append(result)
        mark = "done" if result.done else "STOPPED"
        progress(f"{stage.notebook} {mark} in {result.seconds:.1f} s: {result.text}")
        if not result.done:
            break
    return results


def run_stage(settings: Settings, stage: Stage) -> StageResult:
    """Run one stage's notebook. Never raises for what happens in the notebook: the result says it."""
    folder = settings.folder
    for later in STAGES[STAGES.index(stage) :]:
        if later is stage or not _acted(folder):
            folder.forget(later.document)  # what later stages made of the old document is out of date too
    source = resources.root() / "notebooks" / f"{stage.notebook}.ipynb"
    target = folder.notebooks / f"{stage.notebook}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    started = time.monotonic()
    code, text = _executed(source, target, settings.parameters(stage), settings)
    seconds = time.monotonic() - started
    if code:
        return StageResult(stage, code, text, seconds)
    try:
        result = accept(folder, stage, settings.run_id, target)
    except CronliftError as error:
        return StageResult(stage, error.exit_code, str(error), seconds)
    return StageResult(stage, result.exit_code, result.sentence, seconds, result)


def _acted(folder: RunFolder) -> bool:
    """Whether something was installed from here: that stays on record (it names its plan) until it is done anew."""
    try:
        installation = folder.read_if_there(Installation)
    except CronliftError:
        return False
    return installation is not None and installation.applied


def accept(folder: RunFolder, stage: Stage, run_id: str, notebook: Path) -> Outcome:
    """The second and third condition: all cells executed, and a document of this run. Raises CronliftError."""
    try:
        unfinished = unfinished_cells(notebook)
    except ValueError:  # not a whole notebook
        unfinished = ["all"]
    if unfinished:
        raise NotebookIncomplete(
            f"{stage.notebook} ended early: {outcome.plural(len(unfinished), 'cell')} not executed to the end",
            where=f"{notebook.name}, cell {', '.join(unfinished)}",
            do="run it again; if it happens again, the kernel died: look at the machine's memory",
        )
    document = folder.read(stage.document)
    if document.run_id != run_id:
        raise NotebookIncomplete(
            f"{stage.notebook} left a document of another run", where=str(folder.path), do="run it again"
        )
    return outcome.of(document)


class NotebookIncomplete(CronliftError):
    """A notebook that looks finished and is not."""

    exit_code = 3


def unfinished_cells(notebook: Path) -> list[str]:
    """The ids (or positions) of the non-empty code cells that were not executed to the end."""
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a cell that papermill inserted may lack an id
        content: Any = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    unfinished = []
    for number, cell in enumerate(content.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        state = cell.metadata.get("papermill", {})
        failed = any(output.output_type == "error" for output in cell.outputs)
        if cell.execution_count is None or failed or state.get("exception") or state.get("status") != "completed":
            unfinished.append(cell.get("id") or str(number))
    return unfinished


def _executed(source: Path, target: Path, parameters: dict[str, Any], settings: Settings) -> tuple[int, str]:
    """papermill in a thread, so that Ctrl-C reaches us: in the main thread nbclient takes the signal for itself, and a
    run that was interrupted looks like one whose kernel died."""
    environment = {**settings.environment, HELD: str(settings.folder.path)}
    with kernel_class(environment) as kernel, ThreadPoolExecutor(1) as thread:
        done = thread.submit(copy_context().run, _execute, source, target, parameters, kernel)
        try:
            return done.result()
        except KeyboardInterrupt:
            _stop(kernel, done)
            return 130, INTERRUPTED


def _stop(kernel: type[LocalKernel], done: Future[Any]) -> None:
    """Interrupt the cell, which then undoes what it began (a transaction, a copy of a database); kill the kernel when
    that takes too long or a second Ctrl-C comes."""
    try:
        kernel.signal(signal.SIGINT)
        wait([done], timeout=GRACE)
    except KeyboardInterrupt:
        pass
    if not done.done():
        kernel.signal(signal.SIGKILL)


def _execute(source: Path, target: Path, parameters: dict[str, Any], kernel: type[LocalKernel]) -> tuple[int, str]:
    """papermill's part: exit code and words; 0 and no words where it returned normally.

    Runs in a context of its own, whose event loop (jupyter_core makes one and leaves it open) is closed at the end.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # papermill's and nbclient's own deprecations are not the user's
        import papermill
        from jupyter_core.utils import ensure_event_loop
        from nbclient.exceptions import CellTimeoutError, DeadKernelError
        from papermill.exceptions import PapermillException, PapermillExecutionError

        logging.getLogger("papermill").setLevel(logging.ERROR)
        logging.getLogger("papermill.translators").setLevel(logging.ERROR)
        try:
            papermill.execute_notebook(  # type: ignore[attr-defined,no-untyped-call]
                _plain(source),
                _plain(target),
                parameters=parameters,
                kernel_name="python3",
                kernel_manager_class=kernel,
                progress_bar=False,
                start_timeout=START_TIMEOUT,
                execution_timeout=CELL_TIMEOUT,
            )
        except PapermillExecutionError as error:
            return outcome.code_of(error.ename), _without_class(error)
        except DeadKernelError:
            kernel.pass_on_words()
            return 3, f"{source.stem}: the kernel died (out of memory?)\n  do:    run it again"
        except CellTimeoutError:
            late = f"{source.stem}: a cell took longer than {CELL_TIMEOUT} s and was stopped"
            return 3, f"{late}\n  do:    look at what the database waits for (pg_stat_activity), then run it again"
        except (PapermillException, RuntimeError, OSError) as error:
            kernel.pass_on_words()
            why = getattr(error, "strerror", None) or error
            wrong = f"{source.stem}: the notebook could not be run: {why}"
            return 3, f"{wrong}\n  do:    see that there is room and memory, then run it again"
        finally:
            ensure_event_loop().close()
    return 0, ""


def _without_class(error: Any) -> str:
    if outcome.code_of(error.ename) != 5:
        return str(error.evalue)
    return f"{error.ename}: {error.evalue}\n  do:    open the executed notebook in the run folder: it shows where"


def _plain(path: Path) -> str:
    """papermill fills ``{name}`` in paths; a folder may be named so."""
    return str(path).replace("{", "{{").replace("}", "}}")
