"""Default names, and what a chosen name must be."""

from __future__ import annotations

import hashlib
import re

from cronlift.errors import UsageError
from cronlift.generate.quoting import MAX_NAME_BYTES


def shortened(name: str) -> str:
    """The name in at most 63 bytes: a longer one is cut and ends in ``~`` and 8 digits of its hash."""
    data = name.encode()
    if len(data) <= MAX_NAME_BYTES:
        return name
    ending = "~" + hashlib.sha256(data).hexdigest()[:8]
    return data[: MAX_NAME_BYTES - len(ending)].decode(errors="ignore") + ending


def checked(name: str, what: str) -> str:
    """A name that a person chose. Raises UsageError where PostgreSQL would cut or garble it."""
    if not name or not name.isprintable():
        raise UsageError(f"{what} is empty or holds characters that cannot be shown: {name!r}", do="choose another one")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise UsageError(
            f"{what} has {len(name.encode())} bytes, PostgreSQL keeps {MAX_NAME_BYTES}",
            where=name,
            do="choose a shorter one",
        )
    return name


def cron_name(database: str, job_id: str) -> str:
    """The default name of a job's cron entry: ``cronlift/<database>/<job>``, the job's id without its source."""
    return shortened(f"cronlift/{database}/{job_id.partition(':')[2] or job_id}")


def procedure_name(job_id: str) -> str:
    """The default name of a job's procedure: the worker's last name, and what tells apart its entries, in snake
    case: ``oban:MyApp.Backup.DailyWorker`` becomes ``daily_worker_job``."""
    worker, entry = re.fullmatch(r"(?:\w+:)?([\w.]*)(.*)", job_id, re.DOTALL).groups()  # type: ignore[union-attr]
    words = [worker.rpartition(".")[2], *re.findall(r"\w+", entry)]
    return shortened("_".join([*(snake(w) for w in words if w), "job"]))


def snake(name: str) -> str:
    """``HTTPCacheWorker`` as ``http_cache_worker``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def camel(name: str) -> str:
    """``my_app`` as ``MyApp``."""
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", name))
