"""A job that the application's scheduler still runs too (``--app``): every tick does the work twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pgparse

from cronlift.doctor.entry import Examined
from cronlift.doctor.fixes import unschedule
from cronlift.doctor.rules.protocol import Flaw, Rule
from cronlift.doctor.world import World

_NOISE = {"worker", "job", "task", "cron", "scheduled", "the", "run", "pg"}
_OFTEN = {"hourly", "daily", "nightly", "weekly", "monthly"}


def _check(examined: Examined, world: World) -> Iterator[Flaw]:
    entry = examined.entry
    own = {f for u in examined.units if u.kind not in ("SelectStmt", "CallStmt") and (f := fingerprint(u.text))}
    whole = fingerprint(entry.command)
    for job in world.apps:
        same_sql = own & set(map(fingerprint, job.statements)) or (
            whole and whole in set(map(fingerprint, job.statements))
        )
        if not same_sql and not _same_words(entry.jobname or "", job.worker):
            continue
        how = "sends the same statement" if same_sql else "has the same name"
        where = f"{job.config.file}:{job.config.line}"
        yield Flaw(
            "warning",
            f"the application runs it too: {job.worker} ({where}, {job.schedule!r}) {how}, so its work is done twice",
            f"-- take the entry out of {where} and deploy; or, where the application is to keep "
            f"it:\n{unschedule(entry)}",
        )
        return


def fingerprint(text: str) -> str:
    """libpg_query's fingerprint: equal for statements that differ in blanks and literals only; '' for no SQL."""
    try:
        return str(pgparse.fingerprint(text))
    except pgparse.PGQueryError:
        return ""


def _words(name: str) -> frozenset[str]:
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name.split(".")[-1] if re.match(r"[A-Z]", name) else name)
    return frozenset(
        w.lower().rstrip("s") for w in re.split(r"[\W_]+", split) if w and w.lower() not in _NOISE | _OFTEN
    )


def _same_words(name: str, worker: str) -> bool:
    """``order-archive`` and ``MyApp.OrderArchiveWorker``: the same two words or more, in any order."""
    one, other = _words(name.split("/")[-1]), _words(worker)
    return len(one) >= 2 and one == other


RULE = Rule("A job that still runs in the application too", entry=_check)
