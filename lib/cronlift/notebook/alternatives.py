"""What notebook 07 shows: each job's alternatives to its schedule, the reasons not to first."""

from __future__ import annotations

from collections.abc import Sequence

from cronlift.model.realtime import Proposal, Proposals
from cronlift.notebook.display import Block, Cell, Code, Fold, Listing, Noted, Part, Say, Table
from cronlift.record import outcome

_KINDS = {"triggers": "triggers that mark", "change_stream": "a change stream"}


def alternatives(document: Proposals) -> Block:
    """A table of all, then the scripts of each under a title that opens."""
    result = outcome.of(document)
    rows: list[Sequence[Cell]] = [
        (
            Code(proposal.job),
            _KINDS[proposal.kind],
            proposal.staleness,
            "; ".join(proposal.reasons_not),
            "; ".join(f"{cost.what}: {cost.text}" for cost in proposal.costs),
        )
        for proposal in document.proposals
    ]
    columns = ("job", "instead of asking again", "how stale", "reasons not to", "what it costs")
    parts: list[Part] = [Say(result.sentence, result.colour), Table(columns, rows, empty="no alternatives")]
    if document.none:
        parts.append(
            Fold("Without an alternative", Table(("job", "why"), [(n.job, n.why) for n in document.none]), open=True)
        )
    for proposal in document.proposals:
        parts += _scripts(proposal)
    return Block(tuple(parts))


def _scripts(proposal: Proposal) -> list[Part]:
    title = f"{proposal.job}, {_KINDS[proposal.kind]}"
    needs: list[Sequence[Cell]] = [(Noted(text, ""),) for text in proposal.needs]
    parts: list[Part] = [Fold(f"{title}: what must be there", Table(("",), needs))]
    for what, text in (
        ("to put it in", proposal.up_sql),
        ("pg_cron's entry", proposal.cron_sql),
        ("the process that must run", proposal.consumer),
        ("to alert on", proposal.watch_sql),
        ("the way back", proposal.down_sql + proposal.cron_down_sql),
    ):
        if text:
            parts.append(Listing(f"{title}: {what}", text))
    return parts
