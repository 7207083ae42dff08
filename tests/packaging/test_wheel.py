"""The wheel: what is in it, and that it works in an environment of its own, away from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import demo_application
import pytest

from cronlift.sandbox import Sandbox
from cronlift.walkthrough import example

ROOT = Path(__file__).resolve().parents[2]
DATA = {"notebooks": "notebooks", "sql": "sql", "examples/demo_app": "examples/demo_app"}


class Run(Protocol):
    """Runs the installed program in an empty folder."""

    def __call__(self, *arguments: str, environment: Mapping[str, str] = ...) -> subprocess.CompletedProcess[str]: ...


class Installed(NamedTuple):
    """The wheel in an environment of its own: the files it carries, and the program."""

    data: Path
    run: Run


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by pip from this checkout, with the build back end that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel as pip installs it; its dependencies are this environment's."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "env", with_pip=False, symlinks=True)
    python = home / "env/bin/python"
    _pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    (site,) = (home / "env/lib").glob("python*/site-packages")
    # Searched after the environment's own; .pth files in it, the editable cronlift among them, are not read.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    folder = home / "folder"
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH" and not name.startswith("PG")}

    def run(*arguments: str, environment: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(home / "env/bin/cronlift"), *arguments],
            cwd=folder,
            env={**kept, **environment},
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    return Installed(site / "cronlift/_data", run)


def test_the_wheel_holds_what_the_program_reads(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    expected = {f"cronlift/{p.relative_to(ROOT / 'lib/cronlift')}" for p in _files(ROOT / "lib/cronlift")}
    for folder, place in DATA.items():
        found = _files(ROOT / folder)
        assert found
        expected |= {f"cronlift/_data/{place}/{p.relative_to(ROOT / folder)}" for p in found}
    named = {"cronlift/elixir/effects.yaml", "cronlift/record/record.html.j2", "cronlift/py.typed"}
    assert named <= expected
    assert {name for name in inside if ".dist-info/" not in name} == expected
    assert {name.split("/", 1)[1] for name in inside if ".dist-info/" in name} == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip


def test_nothing_in_the_wheel_names_this_machine(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert [n for n in archive.namelist() if str(ROOT).encode() in archive.read(n)] == []


def test_it_reads_an_application_away_from_the_checkout(installed: Installed, tmp_path: Path) -> None:
    application = tmp_path / "app"
    shutil.copytree(ROOT / "examples/demo_app", application)
    result = installed.run("classify", "--app", str(application), "--json")
    assert (result.returncode, result.stderr) == (0, "")
    jobs = json.loads(result.stdout)["jobs"]
    assert len([job for job in jobs if job["verdict"] == "pure_sql"]) == demo_application.MOVED


def test_it_plans_the_demo_with_its_own_notebooks_and_its_own_sql(
    installed: Installed, sandbox: Sandbox, tmp_path: Path
) -> None:
    database = example.prepare(name=sandbox.name)
    run = tmp_path / "run"
    demo = installed.data / "examples/demo_app"
    options = ("--app", str(demo), "--decisions", str(demo / "decisions.yaml"), "--run", str(run))
    result = installed.run("run", *options, environment=database)
    assert result.returncode == 0, result.stderr
    plan = json.loads((run / "documents/plan.json").read_text(encoding="utf-8"))
    assert len(plan["jobs"]) == demo_application.MOVED
    assert (run / "record.html").is_file()


def _files(folder: Path) -> list[Path]:
    made = {"__pycache__", ".ipynb_checkpoints"}
    return [p for p in folder.rglob("*") if p.is_file() and made.isdisjoint(p.parts)]


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
