"""The application's revision is read, git is never started."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cronlift.record.revision import UNKNOWN, revision


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "apps" / "shop").mkdir(parents=True)
    _git(tmp_path, "init", "-q", "-b", "main", str(folder))
    _git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    return folder


def test_branch_packed_detached_and_worktree(repository: Path) -> None:
    head = _git(repository, "rev-parse", "HEAD")
    assert revision(repository / "apps" / "shop") == head
    _git(repository, "pack-refs", "--all")
    assert revision(repository) == head
    _git(repository, "worktree", "add", "-q", "-b", "side", str(repository.parent / "side"))
    assert revision(repository.parent / "side") == head
    _git(repository, "checkout", "-q", "--detach")
    assert revision(repository) == head


def test_nothing_of_the_repository_is_run(repository: Path) -> None:
    marker = repository.parent / "ran"
    _git(repository, "config", "core.fsmonitor", f"touch {marker}")
    assert revision(repository) != UNKNOWN
    assert not marker.exists()


@pytest.mark.parametrize(
    "head", ["", "ref: ../../etc/passwd", "ref: refs/heads/none", "nonsense", "ref: /etc/hostname"]
)
def test_what_cannot_be_read_is_unknown(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text(head)
    assert revision(tmp_path) == UNKNOWN


def test_no_repository(tmp_path: Path) -> None:
    assert revision(tmp_path) == UNKNOWN
