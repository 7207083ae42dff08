"""The patch that takes the moved entries out of the application's configuration (for ``git apply``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

from cronlift.generate.config_entry import Span, locate, without
from cronlift.generate.refusal import RefusalError
from cronlift.model.job import Job

_ESCAPES = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}


def find_entry(app: Path, job: Job) -> Span:
    """Where the job's entry stands in its file. Raises RefusalError where it cannot be taken out."""
    source = _read(app, job.config.file)
    span = locate(source, job)
    without(source, [span])
    return span


def build(app: Path, jobs: Sequence[Job]) -> str:
    """One patch over all files, with paths from the repository's top (the folder with ``.git``), else from ``app``.

    Bytes outside the entries stay, line ends included. Raises RefusalError where an entry is not found.
    """
    files: dict[str, list[Span]] = {}
    for job in jobs:
        files.setdefault(job.config.file, []).append(find_entry(app, job))
    changes: Mapping[str, tuple[bytes, bytes]] = {
        file: (source := _read(app, file), without(source, spans)) for file, spans in files.items()
    }
    top = _top(app)
    return "".join(
        _diff((app / file).resolve().relative_to(top).as_posix(), old.decode(), new.decode())
        for file, (old, new) in sorted(changes.items())
    )


def _read(app: Path, file: str) -> bytes:
    path = (app / file).resolve()
    if not path.is_relative_to(_top(app)):
        raise RefusalError("config-entry", f"{file} lies outside of the repository")
    try:
        data = path.read_bytes()
        data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise RefusalError("config-entry", f"{file} cannot be read as UTF-8 text") from error
    return data


def _top(app: Path) -> Path:
    folder = app.resolve()
    return next((p for p in (folder, *folder.parents) if (p / ".git").exists()), folder)


def _diff(path: str, old: str, new: str) -> str:
    names = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    lines = list(unified_diff(_lines(old), _lines(new), lineterm=""))[2:]
    # After a name with a space git writes a tab, so that it knows where the name ends.
    tab = "\t" if " " in path else ""
    head = f"diff --git {names[0]} {names[1]}\n--- {names[0]}{tab}\n+++ {names[1]}{tab}\n"
    return head + "".join(_ended(line) for line in lines)


def _lines(text: str) -> list[str]:
    r"""Lines with their line feeds. Only ``\n`` ends a line for git; ``splitlines`` knows many more."""
    parts = text.split("\n")
    return [f"{p}\n" for p in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _ended(line: str) -> str:
    if line.endswith("\n"):
        return line
    # Hunk heads come without a line feed, and so does a last line that has none in the file.
    return f"{line}\n" if line.startswith("@@") else f"{line}\n\\ No newline at end of file\n"


def _quoted(path: str) -> str:
    """A path as git's own diffs show it (``quote_c_style`` in git's quote.c)."""
    if path.isascii() and path.isprintable() and not set('"\\') & set(path):
        return path
    text = ""
    for byte in path.encode():
        char = chr(byte)
        if char in _ESCAPES:
            text += "\\" + _ESCAPES[char]
        else:
            text += char if 32 <= byte < 127 else f"\\{byte:03o}"
    return f'"{text}"'
