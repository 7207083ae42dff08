"""A source tree's revision, read out of ``.git`` as data: git is not started, so no hook or setting of the
repository can run anything."""

from __future__ import annotations

import re
from pathlib import Path

UNKNOWN = "unknown"
_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def revision(folder: Path) -> str:
    """The commit checked out in the repository around ``folder``; ``unknown`` where there is none to be read.

    It names the commit, not uncommitted changes (the inventory's source digest covers the files as they are).
    """
    try:
        git = _git_folder(folder.resolve())
        return _head(git) if git else UNKNOWN
    except (OSError, UnicodeDecodeError):
        return UNKNOWN


def _git_folder(folder: Path) -> Path | None:
    for candidate in (folder, *folder.parents):
        git = candidate / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # a worktree or submodule: gitrepository-layout(5)
            text = git.read_text(encoding="utf-8").strip()
            return (candidate / text.removeprefix("gitdir:").strip()) if text.startswith("gitdir:") else None
    return None


def _head(git: Path) -> str:
    text = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not text.startswith("ref:"):
        return text if _HASH.fullmatch(text) else UNKNOWN
    name = text.removeprefix("ref:").strip()
    shared = git
    if (git / "commondir").is_file():
        shared = git / (git / "commondir").read_text(encoding="utf-8").strip()
    if ".." in Path(name).parts or Path(name).is_absolute():
        return UNKNOWN
    for place in (git, shared):
        if (place / name).is_file():
            value = (place / name).read_text(encoding="utf-8").strip()
            return value if _HASH.fullmatch(value) else UNKNOWN
    packed = shared / "packed-refs"
    if packed.is_file():
        for line in packed.read_text(encoding="utf-8").splitlines():
            value, _, ref = line.partition(" ")
            if ref == name and _HASH.fullmatch(value):
                return value
    return UNKNOWN
