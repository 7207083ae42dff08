"""One list of packages: pyproject.toml names them, constraints.txt pins them all, environment.yml adds nothing."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _requirements() -> list[Requirement]:
    project = PROJECT["project"]
    texts = [*project["dependencies"], *(t for extra in project["optional-dependencies"].values() for t in extra)]
    return [Requirement(text) for text in [*texts, *PROJECT["build-system"]["requires"]]]


def _pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    pairs = [re.fullmatch(r"([A-Za-z0-9._-]+)==(\S+)", line) for line in lines]
    assert all(pairs), [line for line, pair in zip(lines, pairs, strict=True) if not pair]
    return {canonicalize_name(pair[1]): pair[2] for pair in pairs if pair}


def test_every_package_named_is_pinned_to_a_version_that_will_do() -> None:
    pins = _pins()
    wrong = [
        f"{requirement}: {pins.get(canonicalize_name(requirement.name), 'not pinned')}"
        for requirement in _requirements()
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ]
    assert wrong == []


def test_conda_gets_the_same_packages_through_the_same_files() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == PROJECT["project"]["name"]
    python, pip, from_pip = environment["dependencies"]
    assert pip == "pip"
    # Lines of a requirements file, as conda hands them to pip: all of pyproject.toml, nothing beside it.
    assert from_pip == {"pip": ["--constraint constraints.txt", "--editable .[test]"]}
    requires = SpecifierSet(PROJECT["project"]["requires-python"])
    offered = SpecifierSet(python.removeprefix("python"))
    tried = [f"3.{minor}" for minor in range(9, 16)]
    assert [version for version in tried if offered.contains(version)] == ["3.11", "3.12", "3.13"]
    assert all(requires.contains(version) for version in tried if offered.contains(version))
