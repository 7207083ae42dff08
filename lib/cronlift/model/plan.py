"""A plan: exactly what install will do, to which server, and the way back."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field

from cronlift.model.decision import Mask
from cronlift.model.document import Document, Record, digest
from cronlift.model.verdict import Loss, Step

Mode = Literal["plain", "managed"]
"""How a plan hands its jobs over: at the next deploy (plain), or exactly at one tick, by gate and fence (managed;
the default, where a job allows it)."""


_VERSION = re.compile(r"(.+)@v(\d+)", re.DOTALL)


def entry_of(job: str) -> str:
    """The id of the application's entry that a planned job's id (a gate's key) is of: ``@v2`` and so on name later
    versions of one entry."""
    match = _VERSION.fullmatch(job)
    return match[1] if match else job


def version_of(job: str) -> int:
    """The number of the version that a planned job's id names; 1 where it names none."""
    match = _VERSION.fullmatch(job)
    return int(match[2]) if match else 1


class Target(Record):
    """The server and databases a plan is made for, as the server itself names them (no host, no port).

    ``search_path`` is what the app's sessions resolve names with: the existing schemas, in order.
    """

    system_identifier: str
    server_version: str
    database: str
    database_oid: int
    cron_database: str
    cron_database_oid: int
    pg_cron_version: str
    cron_timezone: str
    app_role: str
    search_path: tuple[str, ...]

    @property
    def split(self) -> bool:
        """Whether pg_cron lives in another database than the tables."""
        return self.database != self.cron_database


class ScheduleVerdict(Record):
    """What is known of the converted schedule: equal ``proved``, or why the job cannot be planned.

    ``pg_cron`` is the expression to schedule and ``guard`` the SQL condition a run must hold to (None: none
    needed). ``equal``: ``proved`` for every date (``horizon`` says on what grounds); ``differs``: there is a text,
    but this pg_cron would fire it at other instants, first at ``first_difference``; ``impossible``: there is none.
    ``copied_first_difference`` and the counts (2025–2028) tell what the source's text would do unchanged.
    """

    source: str
    dialect: str
    timezone: str
    pg_cron: str | None
    guard: str | None
    equal: Literal["proved", "differs", "impossible"]
    horizon: str
    first_difference: str | None = None
    explanation: str = ""
    source_firings: int | None = None
    copied_firings: int | None = None
    copied_first_difference: str | None = None
    notes: tuple[str, ...] = ()


class Sibling(Record):
    """Another entry of a job's worker, as its rows show it: by ``args``, and by ``cron_expr`` where the args are the
    job's."""

    args: dict[str, Any]
    cron_expr: str | None = None


class Managed(Record):
    """What the gate says of a job beside its schedule (HANDOVER: one row per job in ``cronlift.gate``).

    ``relation`` is the application's queue table as SQL, ``column`` what the fence turns a row away by (``queue`` where
    the table is partitioned by state). Rows of the job are known by worker and ``args``, and by ``cron_expr`` where
    another entry has the same; ``siblings`` are the worker's other entries. ``guard`` is the schedule's guard with the
    tick as ``$1``. ``overlap``: a tick during a run waits (``queue``), is left out (``skip``) or runs beside it
    (``allow``); ``backoff`` is ``oban`` (its default) or seconds; ``catch_up``: the latest tick is run later where
    nobody ran it; ``unique_across``: not while the application executes the same job; ``follows`` is the id of the job
    whose run of the same tick comes first; ``supersedes`` names the gate of the version that pg_cron runs now. ``oban``
    is the version (or requirement) the application names: from 2.17.6 on a row says that it is cron's.
    """

    relation: str
    column: Literal["state", "queue"] = "state"
    args: dict[str, Any]
    cron_expr: str | None = None
    siblings: tuple[Sibling, ...] = ()
    guard: str | None = None
    overlap: Literal["queue", "skip", "allow"] = "queue"
    max_attempts: int = 1
    backoff: str = "oban"
    catch_up: bool = False
    unique_across: bool = False
    follows: str | None = None
    supersedes: str | None = None
    oban: str | None = None


class PlannedJob(Record):
    """One job's way into the database.

    ``call`` is the one statement that does the work, ``command`` what the cron entry runs: of a plain job the same,
    or, where the schedule needs a guard, a block that asks whether the tick is one of the job's before it does; in a
    managed job a call of the runner, which asks the gate. ``managed`` is None of a plain job; ``plain_because`` says
    why it is plain where nobody asked for a plain plan.
    ``procedure_sql`` creates the procedure (None where the command stands alone in the cron entry);
    ``commits`` says that the procedure ends transactions itself; ``default_grantees`` are the roles that the database's
    default privileges would let execute it (they are taken out again); ``hash`` is the SHA-256 of procedure, command
    and schedule: the identity of what gets installed; ``masks`` are what the effect proof leaves out by decision;
    ``database`` is where the entry runs, where that is not the application's (pg_cron's own history).
    """

    id: str
    worker: str
    cron_name: str
    schedule: ScheduleVerdict
    call: str
    command: str
    job_role: str
    schema_name: str | None
    procedure: str | None
    procedure_sql: str | None
    commits: bool
    default_grantees: tuple[str, ...] = ()
    steps: tuple[Step, ...]
    losses: tuple[Loss, ...]
    warnings: tuple[str, ...] = ()
    masks: tuple[Mask, ...] = ()
    database: str | None = None
    session: dict[str, str] = Field(default_factory=dict)
    managed: Managed | None = None
    plain_because: str = ""
    config_file: str
    config_line: int
    hash: str

    @property
    def entry(self) -> str:
        """The id of the application's entry, by which every other document knows the job."""
        return entry_of(self.id)


class Refused(Record):
    """A selected job that could not be planned, and why."""

    id: str
    code: str
    why: str


class Migration(Record):
    """The framework's migration: the file's name (version fixed here, so that a re-run writes the same) and text."""

    file: str
    text: str


class Plan(Document):
    """Stage 03. ``patch`` takes the planned entries out of the app's configuration (``git apply`` from the
    repository's top or, where ``app`` is not in one, from the application's folder). ``mode`` is managed where any job
    is; the others of such a plan are plain, with the reason."""

    app: str
    mode: Mode = "plain"
    target: Target
    jobs: tuple[PlannedJob, ...]
    refused: tuple[Refused, ...] = ()
    up_sql: str
    down_sql: str
    migration: Migration
    patch: str
    warnings: tuple[str, ...] = ()

    @property
    def gated(self) -> tuple[PlannedJob, ...]:
        """The jobs behind a gate."""
        return tuple(job for job in self.jobs if job.managed)

    @property
    def plain(self) -> tuple[PlannedJob, ...]:
        """The jobs that change hands at the application's deploy."""
        return tuple(job for job in self.jobs if not job.managed)

    @property
    def hash(self) -> str:
        """What ``--plan-hash`` names: SHA-256 over everything that will be done (the run's id left out)."""
        return digest(self.model_dump(mode="json", exclude={"run_id"}))
