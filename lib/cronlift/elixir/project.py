"""An application's source tree: finds files and modules, reads them when asked for (what is reachable, no more)."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from cronlift.elixir import parser, using
from cronlift.elixir import syntax as ast
from cronlift.elixir.module_reader import read_modules
from cronlift.elixir.modules import Module
from cronlift.errors import UsageError

_SKIPPED = {"deps", "_build", "node_modules", "test", "tests", "cover", "doc", "assets", "priv", "bench", "benchmarks"}
# Begins with a plain word, which is what makes the search fast; that nothing stands before it is asked of each place.
_DEFMODULE = re.compile(rb"defmodule[ \t(]+([A-Z][\w.]*)")
_LAST_WORD = re.compile(rb"\w+\Z")
_MAX_NAME = 255  # characters an Erlang atom has at most, and so a module's name
_MAX_FILE = 4 * 1024 * 1024
_MAX_HELD = 64 * 1024 * 1024  # bytes of source kept in memory; what is beyond is read anew


class Project:
    """The application below ``root``. Files are read as data; nothing is compiled or run."""

    def __init__(self, root: Path, *, anywhere: bool = False) -> None:
        """``anywhere``: the folder need not be an application (migrations on their own)."""
        if not root.is_dir():
            raise UsageError("there is no such folder", where=str(root), do="name the application's folder with --app")
        self.root = root.resolve()
        if not anywhere and not (self.root / "mix.exs").is_file() and not (self.root / "config").is_dir():
            raise UsageError(
                "this folder is not an Elixir application: it has neither mix.exs nor config/",
                where=str(root),
                do=self._nested_hint(),
            )
        self._root = str(self.root)
        self._trees: dict[str, ast.Block] = {}
        self._held: dict[str, bytes] = {}
        self._room = _MAX_HELD
        self._walked: set[str] = set()
        self._listed: dict[str, tuple[str, ...]] = {}
        self._code: tuple[str, ...] | None = None
        self._candidates: dict[str, list[str]] | None = None
        self._modules: dict[str, list[Module]] = {}
        self._called: dict[str, dict[str, list[str]]] = {}
        self._by_file: dict[str, list[Module]] = {}
        self._read: set[str] = set()
        self.problems: dict[str, str] = {}
        self._settle: Callable[[Module], None] | None = None
        self.memo: dict[str, object] = {}  # what others have read of this project, by their own names

    def _nested_hint(self) -> str:
        nested = sorted(p.parent.name for p in self.root.glob("*/mix.exs"))
        return f"name one of the applications in it: {', '.join(nested)}" if nested else "name the folder with mix.exs"

    def code(self) -> Iterator[str]:
        """The files that are compiled into the application: below ``lib``, ``web`` and what mix.exs names as its
        paths, in each application of an umbrella (mix, "elixirc_paths")."""
        if self._code is None:
            self._code = tuple(self._compiled())
        return iter(self._code)

    def _compiled(self) -> Iterator[str]:
        tops = {"lib", "web", *self._paths()}
        for file in self.files():
            parts = file.split("/")
            inner = parts[2:] if parts[0] == "apps" else parts
            if inner and (inner[0] in tops or any("/".join(inner).startswith(f"{t}/") for t in tops)):
                yield file

    def _paths(self) -> list[str]:
        """Strings in mix.exs's ``elixirc_paths``, those for tests left out."""
        text = self.readable("mix.exs").decode()
        lines = [line for line in text.splitlines() if "elixirc_paths" in line and ":test" not in line]
        return [p for line in lines for p in re.findall(r'"([\w./-]+)"', line)]

    def files(self, suffix: str = ".ex", below: str = "") -> Iterator[str]:
        """Source files as paths relative to the root, sorted; symbolic links to folders are not followed.

        A folder that cannot be listed, and a file whose name is not UTF-8, is a problem, not an error.
        """
        if below not in self._listed:
            self._listed[below] = tuple(self._walk(below))
        return (file for file in self._listed[below] if file.endswith(suffix))

    def _walk(self, below: str) -> Iterator[str]:
        root = str(self.root)
        for folder, names, files in os.walk(self.root / below, onerror=self._unlisted):
            # Names such as `assets` or `doc` are only set aside where an application keeps what is not its code.
            inside = folder[len(root) + 1 :].replace(os.sep, "/")
            parts = inside.split("/") if inside else []
            outer = not parts or (parts[0] == "apps" and len(parts) <= 2)
            skipped = _SKIPPED if outer else set()
            names[:] = sorted(n for n in names if not n.startswith(".") and n not in skipped)
            for name in sorted(files):
                if name.endswith((".ex", ".exs")):
                    file = f"{inside}/{name}" if inside else name
                    if file == utf8(file):
                        self._walked.add(file)
                        yield file
                    else:
                        self.problems[utf8(file)] = "the file's name is not UTF-8"

    def _unlisted(self, error: OSError) -> None:
        folder = os.path.relpath(error.filename or self.root, self.root)
        self.problems[utf8(folder)] = f"cannot read the folder: {error.strerror}"

    def source(self, file: str) -> bytes:
        """A file's bytes. Raises UsageError where it cannot be read, is huge, or leads out of the application."""
        if file in self._held:
            return self._held[file]
        try:
            text = self._bytes(file)
            text.decode("utf-8")
            if len(text) <= self._room:
                self._room -= len(text)
                self._held[file] = text
            return text
        except UnicodeDecodeError as error:
            raise UsageError("the file is not UTF-8", where=file, do="Elixir source is UTF-8: convert it") from error
        except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself, before Python 3.13
            reason = getattr(error, "strerror", None) or "Too many levels of symbolic links"
            raise UsageError(f"cannot read the file: {reason}", where=file, do="make it readable") from error

    def _bytes(self, file: str) -> bytes:
        path = f"{self._root}/{file}"
        # A file found by walking down leads out of the application only where it is a link itself; a pipe is opened
        # without waiting for whoever writes into it.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_NOFOLLOW if file in self._walked else 0)
        if not flags & os.O_NOFOLLOW:
            self._inside(file)
        try:
            descriptor = os.open(path, flags)
        except OSError as error:
            if error.errno != errno.ELOOP or not flags & os.O_NOFOLLOW:
                raise
            self._inside(file)
            descriptor = os.open(path, flags & ~os.O_NOFOLLOW)
        try:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                raise UsageError("this is not a file", where=file, do="pipes, devices and folders are not source")
            if state.st_size > _MAX_FILE:
                raise UsageError("the file is larger than 4 MiB", where=file, do="source files this large are not read")
            with open(descriptor, "rb", buffering=0, closefd=False) as opened:
                return opened.read()
        finally:
            os.close(descriptor)

    def _inside(self, file: str) -> None:
        if not (self.root / file).resolve().is_relative_to(self.root):
            raise UsageError("a link leads out of the application", where=file, do="replace the link by the file")

    def digest(self) -> str:
        """SHA-256 over the names and contents of the Elixir files; what cannot be read counts by its name."""
        total = hashlib.sha256()
        for suffix in (".ex", ".exs"):
            for file in self.files(suffix):
                total.update(file.encode() + b"\0" + hashlib.sha256(self.readable(file)).digest())
        return total.hexdigest()

    def readable(self, file: str) -> bytes:
        """A file's bytes; none, and a problem, where it is there and cannot be read."""
        try:
            return self.source(file)
        except UsageError as error:
            if os.path.lexists(self.root / file):
                self.problems.setdefault(file, error.what)
            return b""

    def tree(self, file: str) -> ast.Block:
        """A file's syntax tree. Raises ElixirSyntaxError or what ``source`` raises."""
        if file not in self._trees:
            self._trees[file] = parser.parse(self.source(file), file)
        return self._trees[file]

    def module(self, name: str) -> Module | None:
        """The module of that full name; None where the application has none, or has it twice."""
        found = self.definitions(name)
        return found[0] if len(found) == 1 else None

    def definitions(self, name: str) -> list[Module]:
        """Every definition of that module in the application (more than one: which counts is unknown)."""
        for file in self._index().get(name.rpartition(".")[2], []):
            self._load(file)
        return self._modules.get(name, [])

    def each_module(self, settle: Callable[[Module], None]) -> None:
        """Have ``settle`` complete every module that is read, those read already included."""
        self._settle = settle
        for modules in list(self._modules.values()):
            for module in modules:
                settle(module)

    def modules_in(self, file: str) -> list[Module]:
        """The modules a file declares."""
        self._load(file)
        return self._by_file.get(file, [])

    def mentioning(self, *words: str, everywhere: bool = False) -> Iterator[str]:
        """Files of the application that contain one of the words; ``everywhere``: all source files, whether they are
        compiled or not."""
        needles = [w.encode() for w in words]
        for file in self.files() if everywhere else self.code():
            text = self._held.get(file) or self.readable(file)
            for needle in needles:
                if needle in text:
                    yield file
                    break

    def calling(self, function: str, modules: set[str]) -> list[str]:
        """Files of the application with the text ``Module.function`` for one of the modules' last names."""
        if function not in self._called:
            found: dict[str, list[str]] = {}
            needle = re.compile(rb"\." + function.encode())
            for file in self.code():
                text = self.readable(file)
                names = {_last_word(text, match.start()) for match in needle.finditer(text)}
                for name in names:
                    found.setdefault(name, []).append(file)
            self._called[function] = found
        places = {file for name in modules for file in self._called[function].get(name, ())}
        return sorted(places)

    def _index(self) -> dict[str, list[str]]:
        if self._candidates is None:
            self._candidates = {}
            for file in self.code():
                text = self.readable(file)
                for match in _DEFMODULE.finditer(text):
                    if text[text.rfind(b"\n", 0, match.start()) + 1 : match.start()].strip(b" \t"):
                        continue
                    last = match.group(1).decode().rpartition(".")[2]
                    files = self._candidates.setdefault(last, [])
                    if file not in files:
                        files.append(file)
        return self._candidates

    def _load(self, file: str) -> None:
        if file in self._read:
            return
        self._read.add(file)
        try:
            tree = self.tree(file)
        except UsageError as error:
            self.problems[file] = error.what + (f" ({error.where})" if error.where != file else "")
            return
        read = read_modules(tree, file)
        for module in read:
            self._modules.setdefault(module.name, []).append(module)
            self._by_file.setdefault(file, []).append(module)
        for module in read:
            using.follow(module, self.module)
        if self._settle is not None:
            for module in read:
                self._settle(module)


def _last_word(text: bytes, end: int) -> str:
    """The word that ends at this byte; empty where none does."""
    word = _LAST_WORD.search(text, max(0, end - _MAX_NAME), end)
    return word.group().decode("utf-8", "replace") if word else ""


def utf8(name: str) -> str:
    """A file's name as text that can be written down: bytes that are no UTF-8 become ``\\xff``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
