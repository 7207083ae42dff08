"""What a cron entry runs: the statement itself, behind its guard, or through the runner that asks the gate."""

from __future__ import annotations

from cronlift.generate.quoting import Body, Text, template, text_of
from cronlift.model.plan import PlannedJob


def plain(call: str, guard: str | None) -> str:
    """The plain command. A guard stands around the call, not in the procedure: the procedure does what the app did,
    and the entry decides whether its tick counts. CALL may COMMIT inside DO (manual, 43.8)."""
    if guard is None:
        return call
    body = Body(f"\nBEGIN\n  IF {guard} THEN\n    {call};\n  END IF;\nEND\n", "guard")
    return text_of(template("generate/do", body=body))


def managed(job_id: str, call: str, *, commits: bool) -> str:
    """The command through the runner. A body that ends transactions can only be called at the top: the entry itself
    holds the call, between the gate's answer and the end of the run."""
    if not commits:
        return text_of(template("handover/call_run", job=Text(job_id)))
    lines = [
        "DECLARE",
        "  run bigint;",
        "BEGIN",
        f"  CALL cronlift.begin({text_of(Text(job_id))}, run);",
        "  IF run IS NOT NULL THEN",
        f"    {call};",
        "    PERFORM cronlift.finish(run);",
        "    CALL cronlift.follow(run);",
        "  END IF;",
        "END",
    ]
    return text_of(template("generate/do", body=Body("\n" + "\n".join(lines) + "\n", "run")))


def flat(job: PlannedJob) -> PlannedJob:
    """The job with the command that a flattened entry of it has: the plain one."""
    return job.model_copy(update={"command": plain(job.call, job.schedule.guard)})
