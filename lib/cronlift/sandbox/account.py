"""As whom the sandbox's server runs, and what that user can reach."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cronlift.errors import ServerError


@dataclass(frozen=True)
class Account:
    """The user the server's processes belong to; ``switched`` where that is not who we are."""

    uid: int
    gid: int
    switched: bool

    def switch(self) -> dict[str, Any]:
        """The arguments for ``subprocess`` that make a program run as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switched else {}

    def give(self, path: Path) -> None:
        """Make this user the owner of ``path`` (and of nothing below it)."""
        if self.switched:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, path: Path) -> bool:
        """Whether every folder down to ``path`` (as far as it exists) can be entered by this user."""
        if not self.switched:
            return True
        for folder in [*reversed(path.resolve().parents), path.resolve()]:
            try:
                info = folder.stat()
            except FileNotFoundError:
                return True
            if info.st_uid == self.uid:
                needed = stat.S_IXUSR
            else:
                needed = stat.S_IXGRP if info.st_gid == self.gid else stat.S_IXOTH
            if stat.S_ISDIR(info.st_mode) and not info.st_mode & needed:
                return False
        return True


def server_account() -> Account:
    """Ourselves; as root ``postgres`` or else ``nobody``, since PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switched=False)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, switched=True)
    raise ServerError(
        "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as",
        do="run cronlift as an ordinary user",
    )
