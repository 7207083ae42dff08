"""Writes docs/reference/ from the code: ``python docs/regenerate.py``. A test says when that has to be done again."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer

from cronlift import errors
from cronlift.commands.main import VERBS, app
from cronlift.model.document import Document, Record
from cronlift.model.effect import EffectKind
from cronlift.model.handover import Act, Handover
from cronlift.model.installation import Installation
from cronlift.model.job import Inventory
from cronlift.model.monitoring import Monitoring
from cronlift.model.plan import Plan
from cronlift.model.realtime import Proposals
from cronlift.model.upkeep import CheckReport
from cronlift.model.verdict import Classification, VerdictName
from cronlift.model.verification import CheckName, Status, Verification
from cronlift.record.audit import Kind
from cronlift.record.manifest import Manifest

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made by docs/regenerate.py from the code: change that, and run it. -->\n"
DOCUMENTS: tuple[type[Record], ...] = (
    Inventory, Classification, Plan, Installation, Handover, Act, Verification, CheckReport, Monitoring,
    Proposals, Manifest,
)  # fmt: skip


def pages() -> dict[str, str]:
    """The reference's pages by file name."""
    return {"commands.md": _commands(), "codes.md": _codes(), "documents.md": _documents()}


def _commands() -> str:
    group: Any = typer.main.get_command(app)
    head = "`--json` prints one JSON document and nothing else; progress goes to stderr. "
    parts = [MADE, "# Commands\n", f"{head}Exit codes: [codes.md](codes.md).\n"]
    for verb in sorted(VERBS):
        parts += _command(f"cronlift {verb}", group.commands[verb], 2)
    return "\n".join(parts)


def _command(name: str, command: Any, level: int) -> Iterator[str]:
    usage = " ".join(p.metavar or p.name.upper() for p in command.params if _is_argument(p))
    yield f"{'#' * level} `{name}{' ' + usage if usage else ''}`\n"
    yield f"{_one(command.help)}\n"
    if hasattr(command, "commands"):
        for verb in command.commands:
            yield from _command(f"{name} {verb}", command.commands[verb], level + 1)
        return
    options = [p for p in command.params if not _is_argument(p)]
    if options:
        yield "| option | what it is |\n|---|---|"
        for one in options:
            names = ", ".join((*one.opts, *one.secondary_opts))
            yield f"| `{names}` | {_one(one.help)}{_default(one)} |"
        yield ""


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _default(parameter: Any) -> str:
    value = parameter.default
    if value in (None, False, (), "") or value == [] or callable(value) or value is True:
        return " (required)" if parameter.required else ""
    return f" (`{getattr(value, 'value', value)}`)"


def _codes() -> str:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.CronliftError)]
    named = [kind for kind in kinds if kind is not errors.CronliftError]
    exits = sorted({(kind.exit_code, kind.__name__, _one(kind.__doc__)) for kind in named})
    parts = [MADE, "# Codes\n", "## Exit codes\n", "| code | what it means |\n|---|---|", "| 0 | fine |"]
    parts += [f"| {code} | {text} (`{name}`) |" for code, name, text in exits]
    parts += ["| 5 | a bug of ours; the message says where the report is |", "| 130 | interrupted |\n"]
    parts += ["A batch ends with its worst: a bug, then the environment, wrong use, a finding, something pending.\n"]
    for title, values in (
        ("Verdicts", VerdictName), ("Kinds of effects", EffectKind), ("Checks of verify", CheckName),
        ("Results of a check", Status),
        ("Findings of `cronlift check`", get_args(CheckReport.model_fields["checked"].annotation)[0]),
        ("Differences of `cronlift audit verify`", Kind),
    ):  # fmt: skip
        names = get_args(values)
        parts += [f"## {title}\n", ", ".join(f"`{name}`" for name in names) + "\n"]
    return "\n".join(parts)


def _documents() -> str:
    head = (
        "JSON in the run folder (`documents/`, `manifest.json`) and of `--json`. Every one carries `schema_version`; "
    )
    parts = [MADE, "# Documents\n", f"{head}unknown fields are errors.\n"]
    seen: list[type[Record]] = []
    for kind in DOCUMENTS:
        _collect(kind, seen)
    for kind in seen:
        heading = "##" if kind in DOCUMENTS else "###"
        parts += [f"{heading} {kind.__name__}\n", f"{_text(kind.__doc__)}\n", "| field | type |\n|---|---|"]
        parts += [f"| `{name}` | `{_type(field.annotation)}` |" for name, field in kind.model_fields.items()]
        parts.append("")
    return "\n".join(parts)


def _collect(kind: Any, seen: list[type[Record]]) -> None:
    """Records in the order in which they are met, each once."""
    if inspect.isclass(kind) and issubclass(kind, Record):
        if kind in seen or kind in (Record, Document):
            return
        seen.append(kind)
        for field in kind.model_fields.values():
            _collect(field.annotation, seen)
    for inner in get_args(kind):
        _collect(inner, seen)


def _type(annotation: Any) -> str:
    text = annotation.__name__ if inspect.isclass(annotation) and not get_args(annotation) else str(annotation)
    text = re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])", "", text).replace("typing.", "")
    return text.replace("|", "\\|")


def _one(text: str | None) -> str:
    """A help text on one line, safe in a table."""
    return " ".join((text or "").split()).replace("|", "\\|").replace("<", "&lt;")


def _text(text: str | None) -> str:
    return inspect.cleandoc(text or "").replace("<", "&lt;")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")
        print(f"docs/reference/{name}", file=sys.stderr)
