"""A job: one scheduled entry of the application, as found in its source."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from cronlift.model.document import Document, Location, Record


class Handler(Record):
    """The code that a tick runs: ``module.function/arity`` at ``file:line``."""

    module: str
    function: str
    arity: int
    file: str
    line: int


class ConfigEntry(Record):
    """Where a job is configured, with the lines it takes and the condition it stands under (source text)."""

    file: str
    line: int
    end_line: int
    condition: str | None = None


class Options(Record):
    """What the scheduler was told about a job; None where neither entry nor worker says."""

    queue: str | None = None
    max_attempts: int | None = None
    priority: int | None = None
    unique: str | None = None
    args: dict[str, Any] = Field(default_factory=dict)
    other: dict[str, str] = Field(default_factory=dict)


class Observed(Record):
    """What the scheduler's own table says of the job: counts, and durations in milliseconds."""

    runs: int
    failures: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    last_run: str | None = None


class Job(Record):
    """One entry. ``id`` is stable and unique; ``kind`` startup: enqueued at boot, never scheduled. ``prefix`` is the
    schema of the instance's tables (Oban's ``prefix:``), None where that is computed."""

    id: str
    source: str
    kind: Literal["cron", "startup"] = "cron"
    schedule: str | None
    timezone: str = "Etc/UTC"
    worker: str
    handler: Handler | None
    config: ConfigEntry
    instance: str = "Oban"
    prefix: str | None = "public"
    options: Options = Options()
    enqueued_by: tuple[Location, ...] = ()
    observed: Observed | None = None
    notes: tuple[str, ...] = ()


class NotAnalysed(Record):
    """A place that schedules something cronlift could not resolve: found + not analysed = what is there."""

    file: str
    line: int
    why: str


class Inventory(Document):
    """Stage 01: every job of the application, and every place that could not be resolved."""

    app: str
    env: str
    source_digest: str = ""
    jobs: tuple[Job, ...]
    not_analysed: tuple[NotAnalysed, ...] = ()
