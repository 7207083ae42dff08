"""The proof for what no transaction can hold: copies of the proof database, one for each side.

The app's side runs on one copy (its statements in their transactions, or its own command), the cron entry's command on
the other, COMMITs and all. The two have different clocks: ``timed`` says what that explains.
"""

from __future__ import annotations

from dataclasses import replace

from cronlift.model.verification import Proof
from cronlift.postgres.server import Server
from cronlift.proof.copied import Work, run_on
from cronlift.proof.copies import BusyError, copies
from cronlift.proof.findings import Finding
from cronlift.proof.judgement import Judgement


def prove(server: Server, database: str, work: Work) -> Finding:
    """Run both sides on copies of ``database`` and compare."""
    try:
        with copies(server, database) as made:
            planted = Proof()
            if work.plant is not None:
                found: list[Proof] = []
                made.settled(lambda name: found.append(work.plant(name)))  # type: ignore[misc]
                planted = found[0]
            app = run_on(server, made.copy(), work.app, work)
            second = made.copy()
            if work.before is not None:
                work.before(second)
            job = run_on(server, second, work.job, work)
            finding = Judgement(server, made, work, app, job).finding()
            proof = finding.proof.model_copy(update={"planted": planted.planted})
            return replace(finding, lines=(*finding.lines, *made.notes), proof=proof)
    except BusyError as busy:
        text = f"the two were not run from end to end on copies: {busy}"
        return Finding("unproved", text, proof=Proof(open=(text,)))
