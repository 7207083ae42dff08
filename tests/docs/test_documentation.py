"""The documentation is true: the tutorial's lines are run, the reference is the code's, links lead somewhere."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cronlift import resources
from cronlift import sandbox as private

DOCS = resources.root() / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))


def commands(page: Path) -> Iterator[tuple[str, list[str]]]:
    """The console blocks of a page: each command with the lines that must be part of what it says."""
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        said: list[str] = []
        command = ""
        for line in block.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, said
                command, said = line[2:], []
            else:
                said.append(line)
        yield command, said


@pytest.fixture
def name() -> Iterator[str]:
    """A sandbox of this test's own, gone afterwards."""
    made = f"pytest-{os.getpid()}-tutorial"
    yield made
    private.down(made, remove=True)


@pytest.mark.timeout(600)
def test_the_tutorial_line_by_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(resources.root() / "examples")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    environment = {**kept, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with subprocess.Popen(
        ["bash"], cwd=tmp_path, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as shell:  # fmt: skip
        assert shell.stdin is not None and shell.stdout is not None
        for command, wanted in commands(DOCS / "tutorial.md"):
            shell.stdin.write(command.replace("--name tutorial", f"--name {name}") + '\necho "the end: $?"\n')
            shell.stdin.flush()
            lines = []
            while not (line := shell.stdout.readline()).startswith("the end: "):
                assert line, f"the shell ended at {command}"
                lines.append(line)
            said = " ".join(" ".join(lines).split())
            assert line in ("the end: 0\n", "the end: 4\n"), f"{command}\n{''.join(lines)}"
            for text in wanted:
                assert " ".join(text.split()) in said, f"{command}\n{''.join(lines)}"
        shell.stdin.close()


def test_the_reference_is_made_from_the_code_as_it_is() -> None:
    made = runpy.run_path(str(DOCS / "regenerate.py"))["pages"]()
    for file, text in made.items():
        there = (DOCS / "reference" / file).read_text(encoding="utf-8")
        assert there == text.rstrip("\n") + "\n", f"docs/reference/{file} is out of date: python docs/regenerate.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_commands_in_the_how_tos_exist() -> None:
    """Every ``cronlift verb --option`` that a page writes is one of the program's."""
    reference = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for verb, rest in re.findall(r"cronlift ((?:audit |sandbox )?[a-z][a-z-]+)((?: [^`\n]*)?)", text):
            if f"`cronlift {verb}" not in reference:
                continue  # prose: "cronlift then works in both"
            for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
                section = reference[reference.index(f"`cronlift {verb}") :]
                section = section[: section.index("\n## ", 5) if "\n## " in section[5:] else None]
                assert option in section or option == "--", f"{page.name}: cronlift {verb} {option}"
