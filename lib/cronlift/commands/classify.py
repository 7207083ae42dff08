"""``cronlift classify``: which jobs are pure SQL, and why the others are not."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from cronlift.commands import options, output
from cronlift.stages import decisions as deciding
from cronlift.stages.attack import order_of_attack
from cronlift.stages.classify import classify

Order = Annotated[bool, typer.Option("--order", help="Only list the jobs in the order to move them.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command("classify", help="Say for each job whether it is pure SQL, with evidence (reads source only).")
    def command(
        app: options.App,
        env: options.Env = "prod",
        decisions: options.DecisionsFile = None,
        order: Order = False,
        as_json: options.AsJson = False,
    ) -> int:
        found = classify(app, env, decisions=deciding.load(decisions) if decisions else None)
        if as_json:
            output.json_document(found)
            return 0
        if order:
            attack = [(t.way, t.risk, f"{t.runs:.3g}", t.job.id, t.job.verdict) for t in order_of_attack(found)]
            output.table(("what now", "risk", "runs a day", "job", "verdict"), attack)
            return 0
        rows = []
        for job in found.jobs:
            first = job.reasons[0] if job.reasons else None
            why = f"{first.text} ({first.file}:{first.line})" if first else ""
            rows.append((job.id, job.schedule or "at boot", job.verdict, why))
        output.table(("job", "schedule", "verdict", "why"), rows)
        movable = [j for j in found.jobs if j.verdict == "pure_sql"]
        asked = [(j.id, q.text, f"{q.file}:{q.line}") for j in movable for q in j.questions]
        if asked:
            output.say("to be said before a move (a decision with `move: true`):")
            output.table(("job", "what", "where"), asked)
        remarks = [(j.id, r.text, f"{r.file}:{r.line}") for j in found.jobs for r in j.remarks]
        if remarks:
            output.say("noticed:")
            output.table(("job", "what", "where"), remarks)
        counts = Counter(j.verdict for j in found.jobs)
        output.say(", ".join(f"{n} {v}" for v, n in sorted(counts.items())))
        return 0
