"""The application's side of a statement that stands for a loop: the loop itself, row by row.

PL/pgSQL's FOR reads the rows as they are when the loop begins (its query is opened once: manual, 43.6.6), and sends the
loop's own statement for each: what the application does, but in one transaction. What that leaves open is said.
"""

from __future__ import annotations

from collections.abc import Sequence

from cronlift.generate.quoting import dollar_quote
from cronlift.generate.statement import terminated
from cronlift.model.verdict import RowLoop, Step
from cronlift.model.verification import Proof
from cronlift.proof.findings import Finding


def block(loop: RowLoop) -> str:
    """One SQL text that runs the loop: an anonymous block, or the one statement with the rows' keys read first."""
    if loop.listed:
        return loop.each
    lines = ["", "#variable_conflict use_column", "DECLARE r record;", "BEGIN", f"FOR r IN {loop.rows}", "LOOP",
             terminated(loop.each), "END LOOP;", "END", ""]  # fmt: skip
    return "DO " + dollar_quote("\n".join(lines), "loop")


def findings(steps: Sequence[Step]) -> list[Finding]:
    """What is said of each statement that stands for a loop: what ran in its place, and what that does not show."""
    found = []
    for step in steps:
        if step.loop is None:
            continue
        place = f"{step.file}:{step.line}"
        if step.loop.listed:
            how = f"{place}: the application's side is its own statement with the keys of the rows it reads first"
            found.append(Finding("equal", how))
            continue
        how = f"{place}: the application's side is its loop, run row by row in one transaction"
        if not step.loop.commits:
            found.append(Finding("equal", how))
            continue
        open_ = f"{place}: the application commits after each row, the one statement once: what a row that fails leaves"
        found.append(Finding("weak", f"{how}; accepted by decision, and not compared: {open_}", (how,),
                             proof=Proof(open=(open_,))))  # fmt: skip
    return found
