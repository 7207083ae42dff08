"""Stage 04: put a plan into the databases, and take it out again.

Plain mode: each database gets one transaction (where pg_cron lives in the app's database, both share one). After a
crash in between the former owner still runs the jobs, and a second run finishes. Managed mode: the same behind shut
gates, and the fence on the application's queue in a transaction of its own; who runs the jobs is changed by the acts of
``handover`` alone. What is under way is recorded before it is done: a record never says "not installed" of something
that may be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import psycopg

from cronlift.errors import CronliftError, SafetyError, UsageError
from cronlift.generate import managed, script
from cronlift.handover import gate
from cronlift.installation import act, preflight, refusal, same_rows
from cronlift.installation.act import Part, Way
from cronlift.installation.sessions import Sessions, opened
from cronlift.installation.state import Found, State
from cronlift.model.installation import Action, Installation, Right
from cronlift.model.plan import Mode, Plan
from cronlift.postgres.server import Server

PLAIN = (
    "plain installation: pg_cron runs the jobs from now on, and the application does until a deploy takes their "
    "entries out of its crontab; in between a tick can run twice (or, the deploy first, not at all)"
)
ROLLED_BACK = (
    "plain rollback: pg_cron no longer runs the jobs; until the application is deployed with their entries back in "
    "its crontab, ticks are lost"
)
MANAGED = (
    "managed installation: behind a shut gate the application still runs a job, and pg_cron's runs of it do nothing; "
    "cronlift jobs start hands the jobs over"
)
VERSIONS = (
    "new versions of jobs that pg_cron runs: behind a shut gate the version before goes on running, and pg_cron's runs "
    "of the new one do nothing; cronlift jobs start switches from one to the other"
)
MANAGED_BACK = (
    "managed rollback: the application runs the jobs; schema cronlift (with the run log), the sweeper and the fence "
    "stay until cronlift jobs uninstall"
)
BEGUN = (
    "begun, and not known to have ended: what is planned here may be done already; running the same command again "
    "looks at what is there and finishes"
)
CUT_SHORT = "cut short: running the same command again finishes"

_VERBS: dict[Way, str] = {"install": "install", "rollback": "roll back"}

_MEANING: dict[tuple[Mode, Way], str] = {
    ("plain", "install"): PLAIN,
    ("plain", "rollback"): ROLLED_BACK,
    ("managed", "install"): MANAGED,
    ("managed", "rollback"): MANAGED_BACK,
}

_START: dict[Way, State] = {"install": "absent", "rollback": "present"}

Recorder = Callable[[Installation], object]


def install(
    plan: Plan,
    server: Server,
    *,
    apply: bool,
    run_id: str = "",
    overwrite_edited: bool = False,
    record: Recorder | None = None,
) -> Installation:
    """Create what the plan names and is not there yet; without ``apply`` only say what would be done.

    ``record`` is given the document before the first change and after each commit, and where the act fails what is
    really there then. Raises SafetyError where an object of a planned name is not exactly the planned one (nothing is
    touched then; one that was edited by hand is made anew with ``overwrite_edited``), or the server is not the
    plan's; ServerError where the server refuses or a right is missing.
    """
    return _Act(plan, server, "install", run_id, overwrite_edited, record or _nowhere).run(apply=apply)


def rollback(
    plan: Plan,
    server: Server,
    *,
    apply: bool,
    run_id: str = "",
    drop_edited: bool = False,
    jobs: Sequence[str] = (),
    record: Recorder | None = None,
) -> Installation:
    """Remove what the plan names and still is as planned, cron entries first; without ``apply`` only say so. ``jobs``:
    of these alone (ids, or those of their entries); the others' objects stay as they are.

    Raises SafetyError, with the difference, where an object is no longer the one that was installed (``drop_edited``:
    also one that was edited by hand since); else as ``install``.
    """
    return _Act(plan, server, "rollback", run_id, drop_edited, record or _nowhere, _ids(plan, jobs)).run(apply=apply)


def _ids(plan: Plan, jobs: Sequence[str]) -> frozenset[str]:
    """The ids of the plan's jobs of these names. Raises UsageError for one that the plan does not hold."""
    unknown = [name for name in jobs if all(name not in (job.id, job.entry) for job in plan.jobs)]
    if unknown:
        raise UsageError(
            f"the plan does not hold {', '.join(unknown)}", do=f"its jobs are: {', '.join(job.id for job in plan.jobs)}"
        )
    return frozenset(job.id for job in plan.jobs if not jobs or job.id in jobs or job.entry in jobs)


def _nowhere(_: Installation) -> None:
    """No record."""


class _Act:
    """One act on one plan: both ways are the same walk over the same objects."""

    def __init__(
        self,
        plan: Plan,
        server: Server,
        way: Way,
        run_id: str,
        edited: bool,
        record: Recorder,
        only: frozenset[str] | None = None,
    ) -> None:
        self.plan, self.server, self.way, self.run_id, self.edited = plan, server, way, run_id, edited
        self.record = record
        chosen = plan.jobs if only is None else tuple(job for job in plan.jobs if job.id in only)
        self.part = plan if chosen == plan.jobs else plan.model_copy(update={"jobs": chosen})
        self.chosen = {job.id for job in chosen}
        self.rights: tuple[Right, ...] = ()

    def run(self, *, apply: bool) -> Installation:
        _check_text(self.plan)
        with opened(self.plan.target, self.server, apply=apply) as sessions:
            parts = act.parts(self.plan, sessions, self.way)
            before = self._look(sessions, parts)
            to_change = [found for found in before if self._concerns(found)]
            refusal.check(to_change, self.way, edited=self.edited)
            if self.plan.mode == "managed" and not self._in:
                gate.require_closed(sessions.app, self.part)
            if self._in:
                self._require_apart(sessions)
            self.rights = preflight.rights(self.part, sessions, to_change, self.way)
            if not apply:
                return self._document(before, before, applied=False)
            preflight.require(self.rights)
            self.rights = ()  # all are held: a list for those who look, not for the record of an act
            self.record(self._document(before, before, complete=False, note=BEGUN))
            try:
                return self._perform(sessions, parts, before)
            except (CronliftError, KeyboardInterrupt):
                self._record_what_is_there(before)
                raise

    def _require_apart(self, sessions: Sessions) -> None:
        try:
            same_rows.require_apart(sessions.app, self.plan.jobs)
        except psycopg.Error as error:
            raise refusal.refused(error, f"database {self.plan.target.database}") from None
        finally:
            sessions.app.rollback()

    def _perform(self, sessions: Sessions, parts: Sequence[Part], before: list[Found]) -> Installation:
        document = self._document(before, before, complete=False)
        for number, part in enumerate(parts, 1):
            act.perform(self.part, part, self.server, self.way, edited=self.edited, before=number > 1)
            done = {kind for p in parts[:number] for kind in p.kinds}
            now = [self._as_done(f) if f.object in done and self._concerns(f) else f for f in before]
            last = number == len(parts)
            document = self._document(before, now, complete=last, note="" if last else BEGUN)
            self.record(document)
        return document

    def _look(self, sessions: Sessions, parts: Sequence[Part]) -> list[Found]:
        try:
            return [found for part in parts for found in act.look(self.plan, part, self.way)]
        except psycopg.Error as error:
            if isinstance(error, psycopg.errors.InsufficientPrivilege):
                self._require_everything(sessions)
            raise refusal.refused(error, "the catalogs") from None
        finally:
            for connection in {sessions.app, sessions.cron}:
                if not connection.closed:
                    connection.rollback()

    def _require_everything(self, sessions: Sessions) -> None:
        """Not even a look is allowed: every right that the whole act would need, at once."""
        for connection in {sessions.app, sessions.cron}:
            connection.rollback()
        target, state = self.plan.target, _START[self.way]
        to_do: list[Found] = []
        if self.plan.mode == "managed":
            fences = managed.fences(self.plan.jobs) if self._in else ()
            to_do += [Found(target.database, "fence", relation, None, state) for relation, _ in fences]
            to_do += [Found(target.database, "schema" if self._in else "gate", managed.SCHEMA, None, state)]
        to_do += [Found(target.cron_database, "cron_entry", job.cron_name, job, state) for job in self.plan.jobs]
        to_do += [Found(target.database, "procedure", j.id, j, state) for j in self.plan.jobs if j.procedure_sql]
        preflight.require(preflight.rights(self.plan, sessions, to_do, self.way))

    def _record_what_is_there(self, before: list[Found]) -> None:
        """After a failure: the truth, as far as it can be seen. Where the server is away, ``BEGUN`` stays on record."""
        try:
            with opened(self.plan.target, self.server, apply=False) as sessions:
                now = self._look(sessions, act.parts(self.plan, sessions, self.way))
        except (CronliftError, psycopg.OperationalError):
            return
        changed = any(b.state != n.state for b, n in zip(before, now, strict=True))
        self.record(self._document(before, now, complete=False, note=CUT_SHORT) if changed else self._unchanged(now))

    def _unchanged(self, now: list[Found]) -> Installation:
        """What a failed act that changed nothing leaves on record: neither way may deny what an earlier one did."""
        there = sum(f.state == "present" for f in now)
        actions = [self._action(f, f, "install") for f in now]
        return Installation(
            run_id=self.run_id,
            plan_hash=self.plan.hash,
            mode=self.plan.mode,
            applied=there > 0,
            complete=there in (0, len(now)),
            actions=tuple(actions),
            rights=self.rights,
            notes=(f"an attempt to {_VERBS[self.way]} failed and changed nothing", *_meaning(self.plan, "install")),
        )

    def _concerns(self, found: Found) -> bool:
        """Whether the act is about this object, or another job's that stays as it is."""
        return found.job is None or found.job.id in self.chosen

    def _as_done(self, found: Found) -> Found:
        state: State = "present" if self._in else "absent"
        return Found(found.database, found.object, found.name, found.job, state)

    @property
    def _in(self) -> bool:
        return self.way == "install"

    def _document(
        self, before: list[Found], now: list[Found], *, applied: bool = True, complete: bool = True, note: str = ""
    ) -> Installation:
        meaning = _meaning(self.plan, self.way)
        return Installation(
            run_id=self.run_id,
            plan_hash=self.plan.hash,
            mode=self.plan.mode,
            act=self.way,
            applied=applied,
            complete=complete,
            actions=tuple(self._action(b, n, self.way) for b, n in zip(before, now, strict=True)),
            rights=self.rights,
            notes=(
                *((note,) if note else ()),
                *meaning,
                *((*_paused(before), *_flat(before)) if self._in else ()),
                *_edited(before),
            ),
        )

    def _action(self, before: Found, now: Found, way: Way) -> Action:
        if not self._concerns(now):
            state = "absent" if now.state == "absent" else "present"
        elif act.to_do(now, way):
            state = "planned"
        elif act.to_do(before, way):
            state = "created" if way == "install" else "removed"
        else:
            state = "present" if way == "install" else "absent"
        job = now.job.id if now.job else ""
        return Action.model_validate(
            {"database": now.database, "object": now.object, "name": now.name, "job": job, "state": state}
        )


def _meaning(plan: Plan, way: Way) -> tuple[str, ...]:
    """What the act means for who runs the jobs; in a managed plan its plain jobs are named."""
    if not plan.app:
        return ()  # retention is nobody else's job
    if way == "install" and plan.jobs and all(job.managed and job.managed.supersedes for job in plan.jobs):
        return (VERSIONS,)
    if plan.mode == "managed" and plan.plain:
        plain = ", ".join(job.id for job in plan.plain)
        return (_MEANING["managed", way], f"not behind a gate: {plain}: {_MEANING['plain', way]}")
    return (_MEANING[plan.mode, way],)


def _check_text(plan: Plan) -> None:
    """What is shown is what is done: the plan's scripts must be the statements we are about to run."""
    up = script.up(plan.jobs, plan.target) if plan.jobs else ""
    down = script.down(plan.jobs, plan.target) if plan.jobs else ""
    if (up, down) != (plan.up_sql, plan.down_sql):
        raise SafetyError(
            "the plan's SQL is not what this cronlift would run; nothing was changed",
            do="the plan was edited, or made by another version: generate it again",
        )


def _paused(entries: Sequence[Found]) -> Iterator[str]:
    for entry in entries:
        if entry.paused:
            yield f"cron entry {entry.name} is there but inactive: somebody paused it (cron.alter_job turns it on)"


def _flat(entries: Sequence[Found]) -> Iterator[str]:
    for entry in entries:
        if entry.flat:
            yield f"cron entry {entry.name} is flattened: it calls the procedure itself, without run log and retries"


def _edited(found: Sequence[Found]) -> Iterator[str]:
    for one in found:
        if one.state == "edited":
            what = one.object.replace("_", " ")
            yield f"{what} {one.name} was edited by hand, and the edit goes: {one.differences[0]}"
