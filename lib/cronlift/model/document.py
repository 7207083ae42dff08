"""What all records share: strictness, a canonical text, and the schema version."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from cronlift.errors import UsageError

SCHEMA_VERSION = 1


class Record(BaseModel):
    """An immutable record; unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Location(Record):
    """A place in a source file: ``file`` relative to the application's folder, ``line`` from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Document(Record):
    """A stage's result. Holds no clock time, host or absolute path: same inputs, same bytes.

    ``run_id`` names the run that made it (derived from the run's inputs; empty outside a run).
    """

    schema_version: int = SCHEMA_VERSION
    run_id: str = ""

    def to_json(self) -> str:
        """The document's text: UTF-8 JSON, fields in the model's order, one newline at the end.

        What would steer a terminal (controls, marks that turn the order of letters) is written as JSON's own escape.
        """
        text = json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False)
        return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text) + "\n"

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a document back. Raises UsageError where the file is absent, not ours or of another version."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"cannot read {path.name}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}",
                where=str(path.parent),
                do="run the stage that writes it first",
            ) from error
        try:
            data: Any = json.loads(text)
            version = data.get("schema_version") if isinstance(data, dict) else None
            if version != SCHEMA_VERSION:
                raise UsageError(
                    f"{path.name} has schema version {version}, this cronlift reads {SCHEMA_VERSION}",
                    where=str(path),
                    do="use the cronlift that wrote it, or start a new run folder",
                )
            return cls.model_validate(data)
        except (json.JSONDecodeError, ValidationError) as error:
            raise UsageError(
                f"{path.name} is not a {cls.__name__.lower()} document: {str(error).splitlines()[0]}",
                where=str(path),
                do="start a new run folder; a document edited by hand is not read",
            ) from error


def digest(value: Any) -> str:
    """SHA-256 (hex) of a JSON-like value in canonical form."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
