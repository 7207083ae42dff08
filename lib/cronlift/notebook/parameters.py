"""The notebooks' parameters: one strict model per stage, read from the notebook's own names.

papermill lets ``-p apply false`` through as a truthy string, lists as strings, and a misspelt name as a line
in the log. So the cell after the parameters is ``params = InstallParameters.parse(globals())``: a wrong type,
an unknown name and a missing name are errors, however the notebook was started.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from cronlift import resources
from cronlift.errors import UsageError
from cronlift.postgres.server import Server
from cronlift.record.run_folder import RunFolder

PROJECT = "CRONLIFT_PROJECT"
"""The environment variable that names the project root, where it is not the checkout."""

_SHIPPED = (("examples",), ("notebooks",))
_SHELL = {"In", "Out", "exit", "quit", "open", "get_ipython"}
_LITERALS = (str, int, float, bool, list, tuple, dict, set, type(None))


def project_root() -> Path:
    """What relative paths in a notebook count from: never the working directory, which differs between
    papermill, nbval and JupyterLab."""
    return Path(os.environ.get(PROJECT) or resources.root())


def resolve(text: str) -> Path:
    """A path parameter as an absolute path; the demo application is also found beside the installed package."""
    path = Path(text).expanduser()
    if path.is_absolute():
        return path
    here = project_root() / path
    shipped = resources.root() / path
    # Never a run folder: one of the kit's own checkout is not the project's.
    return shipped if path.parts[:1] in _SHIPPED and not here.exists() and shipped.exists() else here


class Named(BaseModel):
    """Parameters of any notebook: strict, read from its own names."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def parse(cls, names: Mapping[str, Any]) -> Self:
        """The parameters out of a notebook's ``globals()``. Raises UsageError for an unknown, missing or
        wrong one.

        A name that is no parameter is an error on the first run of the cell; when the cell is run again,
        names that later cells or the reader made are let pass, unless one looks like a misspelt parameter.
        """
        _short_tracebacks()
        known = list(cls.model_fields)
        given = {k: v for k, v in names.items() if _is_parameter(k, v)}
        again = isinstance(names.get("params"), Named)
        for name in given:
            if name in known:
                continue
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            if close or not again:
                meant = f"did you mean {close[0]}? " if close else ""
                raise UsageError(
                    f"{name} is not a parameter of this notebook",
                    do=f"{meant}its parameters are: {', '.join(known)}",
                )
        try:
            return cls.model_validate({k: v for k, v in given.items() if k in known})
        except ValidationError as error:
            raise UsageError(_in_words(error), do="mend the parameters cell, or the -p of papermill") from None


class Parameters(Named):
    """What every stage takes: the run folder, and the run's id (set by the runner; empty by hand)."""

    run: str
    run_id: str

    def folder(self) -> RunFolder:
        """The run folder."""
        return RunFolder(resolve(self.run))


class ServerNames(Named):
    """A database is passed by name only: a libpq service, or the NAME of an environment variable that holds a
    connection string; with neither, libpq's own environment decides. Nothing secret is ever a parameter."""

    service: str
    dsn_env: str
    cron_database: str

    def server(self) -> Server:
        return Server(
            service=self.service or None,
            dsn_env=self.dsn_env or None,
            cron_database=self.cron_database or None,
        )


class ServerParameters(ServerNames, Parameters):
    """A stage that works on a database."""


class DoctorParameters(ServerNames):
    """The doctor keeps no record, so it takes no run folder."""

    app: str
    env: str
    migrations: str


class MonitorParameters(ServerNames):
    """The monitor keeps no record; ``runs`` are run folders of moves that are to hold."""

    owned: bool
    runs: list[str]
    days: int
    grace: int

    def folders(self) -> list[RunFolder]:
        """The run folders that are named."""
        return [RunFolder(resolve(run)) for run in self.runs]


class RealtimeParameters(ServerNames):
    """Proposals are shown and kept nowhere; ``run`` is the folder that has the plan."""

    run: str
    jobs: list[str]
    interval: int

    def folder(self) -> RunFolder:
        """The run folder."""
        return RunFolder(resolve(self.run))


class InventoryParameters(Parameters):
    app: str
    env: str
    service: str
    dsn_env: str

    @property
    def folder_of_app(self) -> Path:
        return resolve(self.app)

    def server(self) -> Server | None:
        """The database to join with what was observed; None where neither name is given: source only."""
        if not self.service and not self.dsn_env:
            return None
        return Server(service=self.service or None, dsn_env=self.dsn_env or None)


class ClassifyParameters(Parameters):
    app: str
    env: str
    decisions: str

    @property
    def folder_of_app(self) -> Path:
        return resolve(self.app)

    @property
    def decisions_file(self) -> Path | None:
        return resolve(self.decisions) if self.decisions else None


class GenerateParameters(ServerParameters):
    app: str
    decisions: str
    jobs: list[str]
    mode: Literal["", "managed", "plain"]

    @property
    def folder_of_app(self) -> Path:
        return resolve(self.app)

    @property
    def decisions_file(self) -> Path | None:
        return resolve(self.decisions) if self.decisions else None


class InstallParameters(ServerParameters):
    apply: bool
    plan_hash: str


class HandoverParameters(ServerParameters):
    verb: Literal["start", "complete", "rollback"]
    jobs: list[str]
    deployed: str
    apply: bool
    plan_hash: str


class VerifyParameters(ServerParameters):
    app: str
    env: str
    proof_service: str
    proof_dsn_env: str
    probe: bool

    @property
    def folder_of_app(self) -> Path:
        return resolve(self.app)

    def proof(self) -> Server | None:
        """The disposable database for the effect proof, where one is named."""
        if not self.proof_service and not self.proof_dsn_env:
            return None
        return Server(service=self.proof_service or None, dsn_env=self.proof_dsn_env or None)


def _is_parameter(name: str, value: Any) -> bool:
    return not name.startswith("_") and name not in _SHELL and isinstance(value, _LITERALS)


def _in_words(error: ValidationError) -> str:
    problems = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "missing":
            problems.append(f"the parameter {name} is missing")
        elif problem["type"] == "bool_type":
            problems.append(f"{name} must be True or False (not a text such as 'false', which would count as true)")
        elif problem["type"] == "list_type":
            problems.append(f"{name} must be a list such as ['a', 'b']")
        else:
            problems.append(f"{name}: {problem['msg'].lower()}")
    return "; ".join(problems)


def _short_tracebacks() -> None:
    """In a kernel, show cronlift's own errors as their message: a user's mistake needs no traceback."""
    try:
        from IPython.core.getipython import get_ipython

        shell = get_ipython()
    except ImportError:
        return
    if shell is None:
        return
    from cronlift.errors import CronliftError

    def show(shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: Any = None) -> Any:
        lines = [f"{kind.__name__}: {error}"]
        shell._showtraceback(kind, str(error), lines)
        return lines

    shell.set_custom_exc((CronliftError,), show)  # type: ignore[no-untyped-call]
