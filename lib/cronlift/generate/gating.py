"""What the gate will say of a job: which queue's rows are its own, and the policies of its runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cronlift import resources
from cronlift.generate.catalog import Connection
from cronlift.generate.quoting import quote_ident
from cronlift.generate.refusal import RefusalError
from cronlift.generate.version import Version
from cronlift.model.decision import Decision
from cronlift.model.plan import Managed, PlannedJob, ScheduleVerdict, Sibling, entry_of
from cronlift.model.verdict import ClassifiedJob, Loss
from cronlift.schedule.guard import NOW
from cronlift.sources import uniqueness

OBAN_ATTEMPTS = 20
"""oban lib/oban/job.ex: max_attempts where neither worker nor entry says."""

META_SINCE = (2, 17, 6)
"""The first Oban (Elixir) whose cron rows say so in ``meta`` (lib/oban/plugins/cron.ex, build_changeset/3: not in
2.17.5, in 2.17.6; both run and their rows looked at)."""

_ITEM = r"(?:\*|(?:\d{1,2}|[a-z]{3})(?:-(?:\d{1,2}|[a-z]{3}))?)(?:/\d{1,4})?"
_FIELD = rf"{_ITEM}(?:,{_ITEM})*"
_READABLE = re.compile(
    rf"@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)"
    rf"|{_FIELD}[ \t]+{_FIELD}[ \t]+(?:\$|{_FIELD})[ \t]+{_FIELD}[ \t]+{_FIELD}",
    re.IGNORECASE,
)
"""What ``cronlift.tick`` reads (sql/handover/field.sql)."""


_OBAN = (("mix.lock", r'"oban":\s*\{:hex,\s*:oban,\s*"([^"]+)"'), ("mix.exs", r'\{:oban,\s*"([^"]+)"'))


class UngatedError(RefusalError):
    """The job cannot stand behind a gate; a plain plan of it is still right."""


@dataclass(frozen=True)
class Queue:
    """A queue table of the application (as SQL), and whether it is partitioned by its state."""

    relation: str
    by_state: bool


@dataclass(frozen=True)
class Gating:
    """Plans managed jobs: the database's ``queues``, all of the application's ``entries``, its version of Oban, and
    what pg_cron runs of them already."""

    queues: tuple[Queue, ...]
    entries: tuple[ClassifiedJob, ...]
    oban: str | None = None
    running: Mapping[str, Version] = field(default_factory=dict)

    def of(self, job: ClassifiedJob, decision: Decision | None, schedule: ScheduleVerdict, *, gated: bool) -> Managed:
        """The job's gate. ``gated``: it has a procedure; a command that stands alone cannot be run by the runner.

        Raises UngatedError where its rows could not be told from others', or its ticks not be computed in SQL, and
        RefusalError where a decision is wrong or missing.
        """
        if job.source != "oban":
            raise UngatedError("no-fence", f"only Oban's rows can be fenced, and this is {job.source}'s")
        if writes_meta(self.oban) is False:
            why = f"Oban {self.oban} does not say of a row that it is cron's, so none can be told apart"
            raise UngatedError("no-cron-meta", why)
        expression = schedule.pg_cron or ""
        if not _READABLE.fullmatch(expression.strip()):
            raise UngatedError("tick-unknown", f"the ticks of {expression!r} cannot be computed in the database")
        queue = self._queue(job, decision)
        siblings = self._siblings(job)
        twins = [e for e in siblings if e.options.args == job.options.args]
        _check_twins(job, twins, decision)
        attempts = (decision.max_attempts if decision else None) or job.options.max_attempts or OBAN_ATTEMPTS
        backoff = (decision.backoff if decision else None) or "oban"
        if attempts < 1 or not re.fullmatch(r"oban|\d{1,6}", backoff):
            raise RefusalError("policy", f"max_attempts {attempts} or backoff {backoff!r}: not a number, or oban")
        if not gated and decision and (asked := _of_runner(decision)):
            why = f"{', '.join(asked)}: only for what the runner runs, and this command stands alone in its cron entry"
            raise RefusalError("policy", why)
        return Managed(
            relation=queue.relation,
            column="queue" if queue.by_state else "state",
            args=job.options.args,
            cron_expr=job.schedule if twins else None,
            siblings=tuple(
                Sibling(args=e.options.args, cron_expr=e.schedule if e in twins else None)
                for e in siblings
                if e not in twins or e.schedule != job.schedule
            ),
            guard=schedule.guard.replace(NOW, "$1") if schedule.guard and gated else None,
            overlap=(decision.overlap if decision else None) or "queue",
            max_attempts=attempts if gated else 1,
            backoff=backoff,
            catch_up=bool(decision and decision.catch_up and gated),
            unique_across=bool(decision and decision.unique_across and gated),
            follows=decision.follows if decision and gated else None,
            oban=self.oban,
        )

    def _siblings(self, job: ClassifiedJob) -> list[ClassifiedJob]:
        """The other entries of the job's worker whose rows come into the same table; what is enqueued at boot does not
        say that it is cron's."""
        own = entry_of(job.id)
        same = [e for e in self.entries if e.worker == job.worker and e.kind == "cron" and e.id != own]
        return [e for e in same if None in (e.prefix, job.prefix) or e.prefix == job.prefix]

    def _queue(self, job: ClassifiedJob, decision: Decision | None) -> Queue:
        """The table that the job's rows come into: the decision's, else what the configuration of its instance names.

        Where that is computed the only one there is; never a guess among several.
        """
        wanted = decision.queue_table if decision else None
        names = ", ".join(q.relation for q in self.queues)
        if wanted is None and job.prefix is not None:
            wanted = f"{quote_ident(job.prefix)}.oban_jobs"
            if self.queues and all(q.relation != wanted for q in self.queues):
                why = f"the configuration of {job.instance} says that its jobs are in {wanted}, and this database has"
                why += f" {names}: name the job's with queue_table in a decision, or decide on mode plain"
                raise RefusalError("other-queue-table", why)
        found = [q for q in self.queues if wanted is None or q.relation == wanted]
        if not found:
            what = f"is no queue table {wanted}" if self.queues else "is no queue table of Oban's"
            raise UngatedError("no-queue-table", f"there {what} in this database: nothing could be fenced")
        if len(found) > 1:
            where = f"{job.config.file}:{job.config.line}"
            why = f"{names}: which of them is {job.instance}'s is computed (its crontab is at {where}); name it with "
            why += "queue_table in a decision, or decide on mode plain"
            raise RefusalError("several-queue-tables", why)
        return found[0]


def _check_twins(job: ClassifiedJob, twins: Sequence[ClassifiedJob], decision: Decision | None) -> None:
    """Raises UngatedError where another entry's rows look like the job's: Oban writes worker, args and expression, not
    which entry (a time zone is in the rows of some versions only). One of another instance may have its own table: a
    decision that names the job's says so."""
    named = decision is not None and decision.queue_table is not None
    for twin in twins:
        if twin.schedule == job.schedule and (twin.instance == job.instance or not named):
            ours, others = (f"{e.config.file}:{e.config.line} ({e.timezone})" for e in (job, twin))
            raise UngatedError(
                "same-rows",
                f"two entries with the same worker, args and expression {job.schedule!r}: {ours} and {others}; nothing "
                "tells their rows apart, so the fence of one would turn the other's away: give them different args, or "
                "take one out, or plan with mode plain",
            )


def _of_runner(decision: Decision) -> list[str]:
    """The policies of a decision that the runner alone can keep."""
    asked = {
        "max_attempts": (decision.max_attempts or 1) > 1,
        "backoff": decision.backoff is not None,
        "overlap": decision.overlap is not None,
        "catch_up": decision.catch_up,
        "unique_across": decision.unique_across,
        "follows": decision.follows is not None,
    }
    return [name for name, is_asked in asked.items() if is_asked]


def check_queue(connection: Connection, managed: Managed, role: str) -> None:
    """Raises RefusalError where the job's role lacks what it must do in the queue: look there for the application's
    run, or take out what is turned away into it (nobody else does: Oban's pruner leaves alone what is available)."""
    wanted = {"SELECT": "look for the application's run in"} if managed.unique_across else {}
    if managed.column == "queue":
        wanted = dict.fromkeys(("SELECT", "DELETE"), "take rows that were turned away out of")
    asked = {"relation": managed.relation, "role": role, "privileges": list(wanted)}
    lacking = connection.execute(resources.sql("handover/may_use"), asked).fetchone()
    if lacking is not None:
        what = f"role {role} would {wanted['SELECT']} {managed.relation} and may not; to give it: {lacking[0]}"
        raise RefusalError("missing-privilege", what)


def check_chains(planned: Sequence[PlannedJob]) -> dict[str, str]:
    """Of each job that cannot follow the one its decision names, why: only a body that the runner can call may follow,
    as the same role, a job of the same plan, and not in a circle."""
    by_id = {entry_of(job.id): job for job in planned}
    wrong = {}
    for job in planned:
        named = job.managed.follows if job.managed else None
        if named is None:
            continue
        lead = by_id.get(entry_of(named))
        if lead is None:
            wrong[job.id] = f"{named}, which it is to follow, is not in the plan"
        elif lead.managed is None:
            wrong[job.id] = f"it cannot follow {named}, which is plain: {lead.plain_because}"
        elif lead.procedure is None:
            wrong[job.id] = f"it cannot follow {named}, whose command stands alone in its cron entry"
        elif lead.job_role != job.job_role:
            wrong[job.id] = f"it cannot follow {named}, which runs as another role ({lead.job_role})"
        elif _in_a_circle(job.id, by_id):
            wrong[job.id] = f"it follows {named} in a circle"
    return wrong


def _in_a_circle(start: str, by_id: dict[str, PlannedJob]) -> bool:
    seen: set[str] = set()
    at: str | None = entry_of(start)
    while at is not None and at in by_id:
        if at in seen:
            return True
        seen.add(at)
        gate = by_id[at].managed
        at = entry_of(gate.follows) if gate and gate.follows else None
    return False


def queues(connection: Connection) -> tuple[Queue, ...]:
    """The database's queue tables."""
    rows = connection.execute(resources.sql("handover/queue_tables")).fetchall()
    return tuple(Queue(str(relation), bool(by_state)) for relation, by_state in rows)


def oban_version(app: Path) -> str | None:
    """The version of Oban the application uses: its lock's (the nearest mix.lock), else what mix.exs asks for."""
    for folder in (app.resolve(), *app.resolve().parents[:2]):
        for name, pattern in _OBAN:
            path = folder / name
            try:
                found = re.search(pattern, path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError):
                continue
            if found:
                return found[1]
    return None


def writes_meta(oban: str | None) -> bool | None:
    """Whether this version of Oban (a locked one, or mix.exs' requirement) says of a row that it is cron's. None where
    that cannot be told: a requirement speaks only by its lower bound, and only where all it allows is new enough."""
    found = re.fullmatch(r"(~>|>=|==|>)?\s*(\d+)\.(\d+)(?:\.(\d+))?(?:[-+]\S*)?(?:\s+and\s+.*)?", (oban or "").strip())
    if found is None:
        return None
    operator, *numbers = found.groups()
    new = tuple(int(number or 0) for number in numbers) >= META_SINCE
    return True if new else False if operator is None else None


def losses(job: ClassifiedJob, managed: Managed) -> tuple[Loss, ...]:
    """What a managed job still loses: the runner tries again and keeps runs apart, at whole minutes."""
    kept = [
        loss
        for loss in job.losses
        if not (loss.code == "retries" and managed.max_attempts > 1)
        and not (loss.code == "uniqueness" and managed.unique_across)
        and not (loss.code == "overlap" and managed.overlap == "allow")
    ]
    if managed.max_attempts > 1:
        kept.append(
            Loss(
                code="retry-minutes",
                text="a retry waits for the next whole minute (the sweeper's)",
                file=job.config.file,
                line=job.config.line,
            )
        )
    unique = job.options.unique
    counted = uniqueness.states(unique) if unique and unique != "false" else frozenset()
    if managed.column == "state" and (counted is None or "cancelled" in counted):
        says = "may count" if counted is None else "counts"
        kept.append(
            Loss(
                code="turned-away-counts",
                text=f"unique: {unique} {says} cancelled jobs, and what the fence turns away is cancelled: after a "
                "rollback such rows can keep the application's first ones away, for the period or until pruned",
                file=job.config.file,
                line=job.config.line,
            )
        )
    return tuple(kept)
