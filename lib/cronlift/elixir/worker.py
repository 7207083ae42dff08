"""What Oban hands to a worker's perform/1 (oban lib/oban/job.ex)."""

from __future__ import annotations

from cronlift.elixir.values import MapValue, Unknown, Value, atom, from_json_like


def job_value(worker: str, args: object) -> Value:
    """The ``%Oban.Job{}`` a tick hands to perform: its args are known, as they come back from JSON."""
    known = {"args": from_json_like(args), "worker": from_json_like(worker)}
    pairs = [(atom(k), v) for k, v in known.items()]
    fields = ("id", "attempt", "meta", "inserted_at", "scheduled_at", "attempted_at", "max_attempts", "priority",
              "queue", "state", "errors", "tags", "conf", "unique")  # fmt: skip
    pairs += [(atom(name), Unknown("the job's record")) for name in fields]
    return MapValue(tuple(pairs), struct="Oban.Job", open=True)
