"""Parameters: what papermill lets through, this stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cronlift import resources
from cronlift.errors import UsageError
from cronlift.notebook.parameters import PROJECT, GenerateParameters, InstallParameters, resolve

GOOD: dict[str, Any] = {
    "apply": False, "plan_hash": "", "service": "", "dsn_env": "", "cron_database": "", "run": "runs/1", "run_id": "",
}  # fmt: skip


def test_a_notebooks_own_names_are_not_parameters() -> None:
    names = {**GOOD, "In": [], "Out": {}, "_oh": {}, "InstallParameters": InstallParameters, "Path": Path}
    assert InstallParameters.parse(names).apply is False


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"apply": "false"}, "apply must be True or False"),
        ({"apply": 0}, "apply must be True or False"),
        ({"aply": True}, "did you mean apply?"),
        ({"colour": "red"}, "colour is not a parameter"),
        ({"plan_hash": None}, "plan_hash: input should be a valid string"),
    ],
)
def test_wrong_parameters_are_errors(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as error:
        InstallParameters.parse({**GOOD, **change})
    assert words in str(error.value)


def test_a_missing_parameter_is_an_error() -> None:
    with pytest.raises(UsageError, match="the parameter apply is missing"):
        InstallParameters.parse({name: value for name, value in GOOD.items() if name != "apply"})


def test_a_list_that_papermill_made_a_string_is_an_error() -> None:
    names = {
        "app": "a",
        "decisions": "",
        "jobs": "['x']",
        **{k: v for k, v in GOOD.items() if k not in ("apply", "plan_hash")},
    }
    with pytest.raises(UsageError, match="jobs must be a list"):
        GenerateParameters.parse(names)


def test_running_the_cell_again_lets_scratch_names_pass_but_not_misspelt_ones() -> None:
    params = InstallParameters.parse(GOOD)
    assert InstallParameters.parse({**GOOD, "params": params, "rows": [1, 2]}) == params
    with pytest.raises(UsageError, match="did you mean plan_hash"):
        InstallParameters.parse({**GOOD, "params": params, "planhash": "x"})


def test_paths_count_from_the_project_never_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kit = tmp_path / "kit"
    (kit / "runs/1").mkdir(parents=True)  # a run of the demo: not the project's
    (kit / "notebooks").mkdir()
    monkeypatch.setattr(resources, "root", lambda: kit)
    monkeypatch.delenv(PROJECT, raising=False)
    assert resolve("runs/1") == resources.root() / "runs/1"
    monkeypatch.setenv(PROJECT, str(tmp_path / "mine"))
    assert resolve("runs/1") == tmp_path / "mine" / "runs/1"
    assert resolve("notebooks") == resources.root() / "notebooks"
    assert resolve(str(tmp_path)) == tmp_path


def test_a_connection_string_is_refused_as_a_name() -> None:
    params = InstallParameters.parse({**GOOD, "dsn_env": "postgresql://me:secret@host/db"})
    with pytest.raises(UsageError) as error:
        params.server()
    assert "secret" not in str(error.value)
