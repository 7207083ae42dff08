"""The shipped notebooks: stripped, thin, with one tagged parameters cell of literals that fits its model."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cronlift import resources
from cronlift.notebook import parameters
from cronlift.walkthrough import WalkthroughParameters

NOTEBOOKS = sorted((resources.root() / "notebooks").glob("*.ipynb"))
MODELS = {
    "00_walkthrough": WalkthroughParameters,
    "01_inventory": parameters.InventoryParameters,
    "02_classify": parameters.ClassifyParameters,
    "03_generate": parameters.GenerateParameters,
    "04_install": parameters.InstallParameters,
    "05_verify": parameters.VerifyParameters,
    "06_monitor": parameters.MonitorParameters,
    "07_realtime": parameters.RealtimeParameters,
    "08_doctor": parameters.DoctorParameters,
    "09_handover": parameters.HandoverParameters,
}
ACTS = {"04_install": "WRITES", "09_handover": "SWITCHES"}
"""The notebooks that change a database, when told to, and the word that says so."""


def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_all_are_there() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(MODELS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stripped_with_fixed_ids_and_no_version(path: Path) -> None:
    notebook = _read(path)
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in ids)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert path.read_text(encoding="utf-8") == json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_parameters_are_literals_and_exactly_the_models(path: Path) -> None:
    tagged = [c for c in _read(path)["cells"] if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    values = {}
    for statement in ast.parse(_source(tagged[0])).body:
        assert isinstance(statement, ast.Assign)
        (target,) = statement.targets
        assert isinstance(target, ast.Name)
        values[target.id] = ast.literal_eval(statement.value)
    model = MODELS[path.stem]
    assert set(values) == set(model.model_fields)
    model.parse(values)
    assert values.get("apply", False) is False


@pytest.mark.parametrize("path", NOTEBOOKS[1:], ids=lambda path: path.stem)
def test_stage_notebooks_are_thin_and_end_with_the_verdict(path: Path) -> None:
    cells = _read(path)["cells"]
    first, last = cells[0], cells[-1]
    assert first["cell_type"] == "markdown"
    for word in ("READ-ONLY", ACTS.get(path.stem, "")):
        assert word in _source(first)
    for word in ("**Input**", "**Output**", "**Role needed**", "**Takes**"):
        assert word in _source(first)
    codes = [_source(cell) for cell in cells if cell["cell_type"] == "code"]
    assert re.search(r"^params = \w+Parameters\.parse\(globals\(\)\)$", codes[1], re.MULTILINE)
    assert "outcome.require(document)" in _source(last)
    assert all(len(code.splitlines()) <= 10 for code in codes)
