"""Shared libraries of programs that were unpacked and not installed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

_TREE = re.compile(r"(?P<root>.*)/usr/lib/postgresql/\d+/bin$")


def beside(bindir: Path) -> tuple[Path, ...]:
    """The library folders of the tree that ``bindir`` lies in; none for an installed PostgreSQL."""
    match = _TREE.match(str(bindir.absolute()))
    return of_tree(Path(match["root"])) if match and match["root"] else ()


def of_tree(root: Path) -> tuple[Path, ...]:
    """The library folders of an unpacked tree (Debian's multiarch layout, before and after the /usr merge).

    Not one that holds a C library: this machine's programs, the shell that ``pg_ctl`` calls among them, would be
    given a C library that their loader does not belong to. Such a tree's programs have to find their own.
    """
    found = sorted(p for place in ("usr/lib", "lib") for p in root.glob(f"{place}/*-linux-*") if p.is_dir())
    return tuple(p for p in found if not (p / "libc.so.6").exists())


def environment(library_path: Sequence[Path]) -> dict[str, str]:
    """LD_LIBRARY_PATH for these folders, the caller's own behind them."""
    if not library_path:
        return {}
    own = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": os.pathsep.join([*map(str, library_path), *([own] if own else [])])}


def missing(tree: Path) -> set[str]:
    """The libraries that programs and extensions in ``tree`` ask for and that are neither there nor on this
    machine.

    The JIT provider's are left out: the sandbox runs without JIT, which saves 20 MB of LLVM.
    """
    files = [
        path
        for pattern in ("usr/lib/postgresql/*/bin/*", "usr/lib/postgresql/*/lib/*.so")
        for path in tree.glob(pattern)
        if not path.name.startswith("llvmjit") and _is_elf(path)
    ]
    return unresolved(files, of_tree(tree))


def unresolved(files: Iterable[Path], library_path: Sequence[Path]) -> set[str]:
    """The names ``ldd`` cannot resolve for these files."""
    done = subprocess.run(
        ["ldd", *map(str, files)],  # noqa: S607 (of the C library, on every Debian)
        env={**os.environ, "LC_ALL": "C", **environment(library_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return set(re.findall(r"^\s*(\S+) => not found", done.stdout, flags=re.MULTILINE))


def _is_elf(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(4) == b"\x7fELF"
