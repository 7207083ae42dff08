"""A decision: what a person chose for a job, with who, when and why (``decisions.yaml``)."""

from __future__ import annotations

from typing import Literal

from pydantic import StrictBool, StrictInt

from cronlift.model.document import Record


class Mask(Record):
    """What the effect proof leaves out by decision, since it differs by nature: a relation's ``columns``, or (with none
    named) a whole relation or sequence; names as ``schema.relation``."""

    relation: str
    columns: tuple[str, ...] = ()
    why: str


class Witness(Record):
    """The application's own worker was run beside the procedure and left the same (``verify --app-command``): with
    which ``command``, ``when``, and what was ``seen``."""

    command: str
    when: str
    seen: str


class Decision(Record):
    """``code_hash`` binds it to the code it judged; a decision on other code is stale, which is an error.

    ``rewrite`` accepts the one statement that is proposed in the place of a loop. ``move`` selects the job;
    ``verdict`` overrules needs_review or takes a pure_sql back; the names and the role default to the plan's. ``mode``
    says how it changes hands (default: managed where it can be). Of a managed job: ``queue_table`` names the
    application's queue where several look like it (``schema.table``), ``max_attempts`` (default: the application's)
    and ``backoff`` (``oban``, or seconds) say how a failed run is tried again, ``overlap``, ``catch_up``,
    ``unique_across`` and ``follows`` are as in the plan.
    """

    code_hash: str
    who: str
    when: str
    why: str
    move: StrictBool = True
    verdict: Literal["pure_sql", "app_logic", "needs_review"] | None = None
    rewrite: StrictBool = False
    cron_name: str | None = None
    procedure: str | None = None
    schema_name: str | None = None
    job_role: str | None = None
    superuser: StrictBool = False
    masks: tuple[Mask, ...] = ()
    witness: Witness | None = None
    mode: Literal["plain", "managed"] | None = None
    queue_table: str | None = None
    overlap: Literal["queue", "skip", "allow"] | None = None
    max_attempts: StrictInt | None = None
    backoff: str | None = None
    catch_up: StrictBool = False
    unique_across: StrictBool = False
    follows: str | None = None

    @property
    def needs_gate(self) -> bool:
        """Whether it asks for what only a managed job has."""
        asked = (self.queue_table, self.overlap, self.max_attempts, self.backoff, self.follows)
        return self.mode == "managed" or any(asked) or self.catch_up or self.unique_across


class Decisions(Record):
    """The whole file: decisions by job id."""

    schema_version: int
    jobs: dict[str, Decision]
