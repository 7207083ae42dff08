"""A bug of ours: a file for the maintainers, without the secrets of whoever met it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from cronlift import __version__

_SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL", re.IGNORECASE)
_CONNECTION = (
    re.compile(r"(?<=://)[^\s@/]*:[^\s]*(?=@)"),  # user:password of a URI, a badly written one too
    re.compile(r"(?i)(?<=password)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&'\"]+)"),
)
_SHORTEST = 4  # anything shorter would blot out half of the report, and is no secret worth the name


def tell(error: Exception, arguments: list[str]) -> str:
    """Write the report and say where it is; where nothing can be written, say in short what it would hold."""
    verb = next((a for a in arguments if re.fullmatch(r"[a-z-]+", a)), "")
    options = " ".join(a.partition("=")[0] for a in arguments if a.startswith("--"))
    trace = "".join(traceback.format_exception(error))
    text = f"cronlift {__version__}, Python {sys.version}\ncronlift {verb} {options}\n\n{trace}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="cronlift-bug-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as report:
            report.write(scrubbed(text))
        where, do = report.name, "send that file to the maintainers (look through it first)"
    except OSError as failure:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}, {type(error).__name__}"
        do = f"tell the maintainers that line (a report could not be written: {failure.strerror})"
    return f"this is a bug in cronlift, not in your input\n  where: {where}\n  do:    {do}"


def scrubbed(text: str) -> str:
    """The text with every secret that this process can know of replaced by ``***``."""
    for secret in sorted({s for s in _secrets() if len(s) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = _CONNECTION[0].sub("***", text)
    return _CONNECTION[1].sub("=***", text)


def _secrets() -> Iterator[str]:
    """Values of variables that are named or written like secrets, and what libpq's password files hold."""
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name):
            yield value
        yield from _in_connection_string(value)
    home = Path(os.environ.get("HOME", "/"))
    for line in _lines(os.environ.get("PGPASSFILE") or home / ".pgpass"):
        yield re.sub(r"\\(.)", r"\1", re.split(r"(?<!\\):", line)[-1])
    for line in _lines(os.environ.get("PGSERVICEFILE") or home / ".pg_service.conf"):
        name, _, value = line.partition("=")
        if name.strip() == "password":
            yield value.strip()


def _in_connection_string(text: str) -> Iterator[str]:
    """The password of a connection string, as written and decoded; the string as a whole, since a malformed one is
    cut in other places than its writer meant."""
    found = [m.group().partition(":")[2] for m in _CONNECTION[0].finditer(text)]
    found += [m.group(1).strip("'") for m in _CONNECTION[1].finditer(text)]
    for secret in found:
        yield from (text, secret, unquote(secret), *re.split(r"[@/:?#]", secret))


def _lines(path: str | Path) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines() if Path(path).is_file() else []
    except OSError:
        return []
