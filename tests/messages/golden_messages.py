"""The program's messages as golden files, one per command: what was typed, what was said, and the exit code.

They are there to be read, as prose. ``CRONLIFT_GOLDEN=write`` writes them anew; what changed is then in the diff.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import cronlift
from cronlift import errors
from cronlift.commands.main import main

FOLDER = Path(__file__).parent / "golden"
LIBRARY = Path(cronlift.__file__).parent
WRITE = os.environ.get("CRONLIFT_GOLDEN") == "write"
SEEN: set[tuple[str, int]] = set()
"""File and line of every error that was made while messages were collected."""

_VARYING = (
    (re.compile(r"pytest-\d+[-\w]*"), "SANDBOX"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"\b\d{19}\b"), "SYSTEM"),
    (re.compile(r"\b\d+\.\d s\b"), "N s"),
    (re.compile(r"oid \d+|(?<=oid: plan )\d+|(?<=, here )\d+"), "N"),
    (re.compile(r"app_\d+"), "app_N"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:\+00:00|Z)"), "INSTANT"),
    (re.compile(r"pid \d+"), "pid N"),
    (re.compile(r"cronlift-bug-\w+"), "cronlift-bug-X"),
    (re.compile(r"test_messages\.py:\d+"), "test_messages.py:N"),
)


@dataclass
class Messages:
    """Collects what one command says."""

    command: str
    folder: Path
    capture: pytest.CaptureFixture[str]
    blocks: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def say(self, case: str, *arguments: str, code: int, keep: bool = True) -> str:
        """Run the command; what it says on stderr becomes the case's text. The exit code is compared at once.

        ``keep`` False: what is said depends on the machine and is for the test alone.
        """
        self.capture.readouterr()
        with _watching():
            result = main([*self.command.split(), *arguments])
        said = self._steady(self.capture.readouterr().err)
        typed = self._steady(" ".join(arguments))
        if keep:
            self.blocks.append(
                f"# {case}\n$ {' '.join(f'cronlift {self.command} {typed}'.split())}"
                + f"\n{said.rstrip()}\nexit {result}\n"
            )
        assert result == code, said
        return said

    def compare(self, name: str = "") -> None:
        """The golden file holds exactly the collected cases."""
        golden(f"{name or self.command.replace(' ', '_')}.txt", "\n".join(self.blocks))

    def _steady(self, text: str) -> str:
        text = text.replace(str(self.folder), "TMP")
        for varying, steady in self.names.items():
            text = text.replace(varying, steady)
        for pattern, word in _VARYING:
            text = pattern.sub(word, text)
        return text


def golden(name: str, text: str) -> None:
    """Compare with (or, when asked to, write) a golden file."""
    path = FOLDER / name
    if WRITE:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"CRONLIFT_GOLDEN=write writes {path.name} anew"


@contextmanager
def _watching() -> Iterator[None]:
    """Notes where each of our errors is made."""
    original: Callable[..., None] = errors.CronliftError.__init__

    def noting(self: errors.CronliftError, *args: object, **named: object) -> None:
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_name == "__init__":
            frame = frame.f_back  # an error class with a constructor of its own
        SEEN.add((frame.f_code.co_filename, frame.f_lineno))
        original(self, *args, **named)

    errors.CronliftError.__init__ = noting  # type: ignore[method-assign]
    try:
        yield
    finally:
        errors.CronliftError.__init__ = original  # type: ignore[method-assign]


@dataclass(frozen=True)
class Site:
    """A place in the library where one of our errors is made; ``text`` is its first argument as written."""

    file: str
    first: int
    last: int
    function: str
    text: str
    advises: bool

    @property
    def seen(self) -> bool:
        return any(file.endswith(f"cronlift/{self.file}") and self.first <= line <= self.last for file, line in SEEN)


def sites() -> list[Site]:
    """Every call of an error class of ours in the library."""
    kinds = {kind.__name__ for kind in _family(errors.CronliftError)}
    found = []
    for path in sorted(LIBRARY.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        file = path.relative_to(LIBRARY).as_posix()
        if file.startswith("proof/"):  # has a Finding of its own, which is no error
            continue
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                    if name in kinds:
                        what = ast.unparse(node.args[0]) if node.args else ""
                        # Some say it in their constructor, some hand on a text that says it.
                        own = name in ("ElixirSyntaxError", "BadExpression", "NotHeld")
                        handed_on = bool(node.args) and isinstance(node.args[0], ast.Attribute)
                        advises = own or handed_on or any(word.arg == "do" for word in node.keywords)
                        end = node.end_lineno or node.lineno
                        found.append(Site(file, node.lineno, end, function.name, f"{name}: {what}", advises))
    return list({(site.file, site.first, site.text): site for site in found}.values())


def _family(kind: type[errors.CronliftError]) -> Iterator[type[errors.CronliftError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)
