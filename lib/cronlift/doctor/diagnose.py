"""The rules, run over a world: findings in the entries' order, what was suppressed, and advice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cronlift.doctor.gather import gather
from cronlift.doctor.rules import Flaw, rules
from cronlift.doctor.world import World
from cronlift.model.diagnosis import Advice, Diagnosed, Diagnosis, Suppressed
from cronlift.postgres.server import Server
from cronlift.sql import command

# What stops an entry: behind such a finding, that its runs fail is no news.
_LAST = "keeps-failing"


def diagnose(server: Server, app: Path | None = None, env: str = "prod") -> Diagnosis:
    """Look at every entry of a server's ``cron.job``. Raises ServerError where there is none to look at."""
    world, notes = gather(server, applications(app, env) if app is not None else ())
    return judge(world, notes)


def applications(app: Path, env: str) -> Sequence[Any]:
    """The jobs an application schedules, with the SQL that could be read out of them."""
    from cronlift.stages.classify import classify

    return [job for job in classify(app, env).jobs if job.kind == "cron"]


def judge(world: World, notes: Sequence[str] = ()) -> Diagnosis:
    """Every rule's findings. Those that somebody allowed are listed apart."""
    flaws = list(_flaws(world))
    stopped = {f.entry for code, f in flaws if f.entry and f.weight == "error" and code != _LAST}
    order = {e.entry: number for number, e in enumerate(world.examined)}
    flaws.sort(key=lambda item: (order.get(item[1].entry, -1) if item[1].entry else -1, item[1].weight, item[0]))
    findings: list[Diagnosed] = []
    suppressed: list[Suppressed] = []
    advice: list[Advice] = []
    said = list(notes)
    for code, flaw in flaws:
        if code == _LAST and flaw.entry in stopped:
            continue
        entry = flaw.entry
        allowed = command.allowed(entry.remarks) if entry else {}
        jobid, jobname = (entry.jobid, entry.jobname) if entry else (None, None)
        if flaw.weight == "advice":
            if code not in allowed:
                advice.append(Advice(jobid=jobid, jobname=jobname, check=code, message=flaw.message, fix=flaw.fix))
            continue
        found = Diagnosed(
            jobid=jobid,
            jobname=jobname,
            severity=flaw.weight,
            check=code,
            message=flaw.message,
            fix=flaw.fix,
            database=entry.database or None if entry else None,
            file=entry.place.file if entry and entry.place else None,
            line=entry.place.line if entry and entry.place else None,
        )
        if allowed.get(code):
            suppressed.append(Suppressed(**found.model_dump(), reason=allowed[code]))
        else:
            findings.append(found)
            if code in allowed and entry:
                said.append(f"{entry.called}: 'cronlift: allow {code}' gives no reason, so it does not count")
    return Diagnosis(
        checked=len(world.examined),
        findings=tuple(findings),
        suppressed=tuple(suppressed),
        advice=tuple(advice),
        notes=tuple(dict.fromkeys(said)),
    )


def _flaws(world: World) -> Iterator[tuple[str, Flaw]]:
    for code, rule in rules().items():
        if rule.server is not None:
            for flaw in rule.server(world):
                yield code, flaw
        if rule.entry is None or world.clone:
            continue
        for examined in world.examined:
            if not examined.entry.active and not rule.inactive_too:
                continue
            if not examined.entry.scheduled and ("schedule" in code or "yearly" in code):
                continue
            for flaw in rule.entry(examined, world):
                yield code, Flaw(flaw.weight, flaw.message, flaw.fix, examined.entry)
