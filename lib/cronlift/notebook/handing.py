"""What people see of an act on the gates: a look before it, or what it did; the same in notebooks and walkthrough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cronlift.model.handover import Handover
from cronlift.notebook.display import Badge, Block, Cell, Code, Fold, Part, Say, Table, block
from cronlift.record import brief, outcome
from cronlift.record.owners import Owner


def act(document: Handover) -> Block:
    """Job by job where the gate stands, then what was looked at, what was not well first, and what it means."""
    found = outcome.of(document)
    rows: list[Sequence[Cell]] = [
        (
            Code(hand.job),
            _change(hand.before, hand.after),
            _instant(hand.pg_from),
            _instant(hand.pg_until),
        )
        for hand in document.jobs
    ]
    parts: list[Part] = [Table(("job", "gate", "pg_cron's ticks from (UTC)", "until"), rows)]
    looks = brief.looks(document)
    if looks:
        seen: list[Sequence[Cell]] = [
            (Badge("well", "green") if well else Badge("not well", "red"), line) for well, line in looks
        ]
        ill = any(not well for well, _ in looks)
        parts.append(Fold("What was looked at", Table(("", "what was seen"), seen), open=ill))
    if document.notes:
        parts.append(Fold("Notes", Table(("note",), [(note,) for note in brief.notes(document)]), open=True))
    return block(Say(found.sentence, found.colour), *parts)


def standing(found: Sequence[Owner], notes: Mapping[str, str]) -> Block:
    """Who runs each job now; ``notes``: what the database said of its runs, by job id, where it was asked."""
    rows: list[Sequence[Cell]] = [
        (
            Code(one.job.cron_name),
            Badge(one.state, one.tone) if one.state else "",
            one.who,
            notes.get(one.job.id) or one.counted,
        )
        for one in found
    ]
    return block(Table(("cron entry", "gate", "who runs it", "runs"), rows))


def _change(before: str | None, after: str | None) -> str:
    words = [(state or "not installed").replace("_", " ") for state in (before, after)]
    return words[1] if words[0] == words[1] else " → ".join(words)


def _instant(text: str | None) -> str:
    return (text or "").replace("T", " ").removesuffix("Z")
