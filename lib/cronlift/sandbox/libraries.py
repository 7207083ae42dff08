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
    """The library folders of an unpacked tree that programs of this machine may be given (Debian's multiarch layout,
    before and after the /usr merge).

    None of one that holds a C library: this machine's programs, the shell that ``pg_ctl`` calls among them, would be
    given a C library that their loader does not belong to. Such a tree's programs have to find their own.
    """
    found = folders(root)
    return () if any((p / "libc.so.6").exists() for p in found) else found


def folders(root: Path) -> tuple[Path, ...]:
    """Every library folder of a tree, of one with a C library too."""
    return tuple(sorted(p for place in ("usr/lib", "lib") for p in root.glob(f"{place}/*-linux-*") if p.is_dir()))


def loader(root: Path) -> Path | None:
    """The loader of the tree's own C library, or None where it has none."""
    found = [p for folder in folders(root) for p in sorted(folder.glob("ld-linux*.so.*"))]
    return found[0] if found else None


def environment(library_path: Sequence[Path]) -> dict[str, str]:
    """LD_LIBRARY_PATH for these folders, the caller's own behind them."""
    if not library_path:
        return {}
    own = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": os.pathsep.join([*map(str, library_path), *([own] if own else [])])}


def missing(tree: Path) -> set[str]:
    """The libraries that programs and extensions in ``tree`` ask for and that are neither there nor on this machine;
    for a tree with a C library of its own, those that are not there.

    The JIT provider's are left out: the sandbox runs without JIT, which saves 20 MB of LLVM.
    """
    files = [
        path
        for pattern in ("usr/lib/postgresql/*/bin/*", "usr/lib/postgresql/*/lib/*.so")
        for path in tree.glob(pattern)
        if not path.name.startswith("llvmjit") and _is_elf(path)
    ]
    own = loader(tree)
    return unresolved(files, of_tree(tree)) if own is None else _not_inside(tree, own, files)


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


def _not_inside(tree: Path, own: Path, files: Iterable[Path]) -> set[str]:
    """The names that the tree's loader does not find, or finds only on this machine."""
    found: set[str] = set()
    search = os.pathsep.join(map(str, folders(tree)))
    for file in files:
        done = subprocess.run(
            [str(own), "--inhibit-cache", "--library-path", search, str(file)],
            env={"LC_ALL": "C", "LD_TRACE_LOADED_OBJECTS": "1"},  # list, do not run: as ldd does (ld.so(8))
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        for name, path in re.findall(r"^\s*(\S+) => (.+?)(?: \(0x\w+\))?$", done.stdout, flags=re.MULTILINE):
            if not Path(path).is_relative_to(tree):
                found.add(name)
    return found


def _is_elf(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(4) == b"\x7fELF"
