"""Tables that a library's own migrations make."""

from __future__ import annotations

from cronlift.ecto.tables import Column, Table


def oban_jobs() -> Table:
    """Oban's table (oban lib/oban/migrations/postgres/): its instants are ``timestamp``, its state an enum."""
    table = Table("oban_jobs")
    instants = ("attempted_at", "cancelled_at", "completed_at", "discarded_at", "inserted_at", "scheduled_at")
    kinds = {"id": "bigint", "state": "oban_job_state", "queue": "text", "worker": "text", "args": "jsonb",
             "errors": "jsonb[]", "attempt": "integer", "max_attempts": "integer", "priority": "integer",
             "tags": "varchar(255)[]", "meta": "jsonb", "attempted_by": "text[]"}  # fmt: skip
    for name, kind in {**kinds, **dict.fromkeys(instants, "timestamp")}.items():
        table.columns[name] = Column(kind, name in ("id", "state", "queue", "worker"), name not in ("worker",))
    return table
