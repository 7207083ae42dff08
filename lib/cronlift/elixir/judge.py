"""From the flows of a job to its verdict: pure SQL only where every path sends the same known statements.

The order of the questions is the order of harm: what needs the app, what could not be followed, what is SQL
but not the same on every path, and only then what can move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cronlift.elixir import proposals
from cronlift.elixir.evaluator import Findings
from cronlift.elixir.parameters import is_writable, parameters
from cronlift.elixir.pieces import Places
from cronlift.elixir.syntax import Atom, Span
from cronlift.elixir.trace import Flow, Raised, SqlEvent
from cronlift.elixir.values import Known, TupleValue, Unknown, Value, alternatives, atom
from cronlift.model.effect import Effect
from cronlift.model.verdict import Loss, Parameter, Reason, Step, Turn, VerdictName
from cronlift.sql.facts import StatementError, facts
from cronlift.sql.parameter_types import ColumnType
from cronlift.sql.rewrite import replace_parameters

# What happens outside the database, or in the application's memory: a job with one of these needs the app.
BLOCKING = ("http", "file", "shell", "process_state", "enqueue", "mail", "pubsub")
_ALARMS = (
    "Logger.error",
    "Logger.critical",
    "Logger.alert",
    "Logger.emergency",
    "Logger.warn",
    "Logger.log",
    ":logger.",
)
_LOSSES = {
    "log": ("log-lines", "the job's log lines are no longer written"),
    "telemetry": ("telemetry", "the job's telemetry and error reports are no longer sent"),
}


@dataclass(slots=True)
class Judgement:
    """A verdict with its evidence; ``unwritten``: where statements are sent that no SQL, or no number of times, is
    known of."""

    verdict: VerdictName
    reasons: list[Reason] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    stays: list[Effect] = field(default_factory=list)
    unwritten: list[tuple[str, int]] = field(default_factory=list)


def _no_columns(relation: str, column: str) -> str | None:
    """No column's type is known."""
    return None


def _no_doubts(steps: list[Step]) -> list[Reason]:
    """Nothing is known of what the statements call."""
    return []


def judge(
    flows: list[Flow] | None,
    findings: Findings,
    entry: Span,
    repo: str | None,
    *,
    retried: bool = True,
    columns: ColumnType = _no_columns,
    called: Callable[[list[Step]], list[Reason]] = _no_doubts,
) -> Judgement:
    """The verdict of one job. ``flows`` None: the budget did not do. ``entry`` is the place of its perform
    function, ``repo`` the repository whose database the plan is for (None: the application's only one),
    ``retried`` whether the scheduler runs a failed job again, ``columns`` the types of the application's columns,
    ``called`` answers for the routines that statements call."""
    reasons = list(findings.problems.values())
    good = _success(flows or [])
    sequences = list(dict.fromkeys(s.events for s, _ in good))
    # One sequence is the job, statement by statement; several are only listed, each statement once.
    sent = list(sequences[0]) if len(sequences) == 1 else _statements(flows or [])
    if flows is None:
        sent = list(findings.sent.values())
    sent = [e for e in sent if not e.undone]
    effects = list(findings.effects.values())
    stays = [e for e in effects if e.kind in BLOCKING]
    if flows is not None and len(sequences) == 1 and not stays:
        sent, proposed = proposals.taken(sent)
        reasons += proposed
    else:
        sent = [replace(e, whole=False, loop=e.loop or e.whole) for e in sent]
    steps, step_reasons = _steps(sent, columns, Places(findings))
    reasons += [*step_reasons, *called(steps)]
    if flows is None or any(state.lossy for state, _ in flows):
        reasons.append(_reason("too-complex", "there are more paths through this job than could be followed", entry))
    other_engine = [r for r in reasons if r.code == "other-engine"]
    losses = [*_losses(effects), *findings.pinned.values()]
    if stays or other_engine:
        needs_app = [_needs_app(e) for e in stays[:5]]
        movable = not other_engine and any(_movable(e) for e in sent)
        verdict: VerdictName = "split" if movable else "app_logic"
        if movable:
            needs_app.insert(0, _halves([e for e in sent if _movable(e)], stays, entry))
        return Judgement(verdict, [*other_engine, *needs_app, *reasons], steps, losses, stays)
    if flows is not None:
        reasons += _control_flow(flows, good, sequences, findings, entry)
        if retried:
            reasons += _asks_again(good, sequences, entry)
    reasons[:0] = _other_repository(sent, effects, repo)
    if reasons:
        looped = [(e.span.file, e.span.line) for e in sent if e.loop]
        unwritten = list(dict.fromkeys([*findings.unwritten, *looped]))
        return Judgement("needs_review", reasons, steps, losses, unwritten=unwritten)
    if not any(s.writes for s in steps):
        fails = any(not state.odd and _on_purpose(value) for state, value in good)
        if fails or any(e.kind == "telemetry" or e.what.startswith(_ALARMS) for e in effects):
            text = "the job changes nothing itself and reports what it finds: somebody may rely on the report"
            return Judgement("needs_review", [_reason("only-reports", text, entry)], steps, losses)
        text = "the job only reads: nothing it does can be seen afterwards" if steps else "the job has no effect"
        return Judgement("no_effect", [_reason("no-effect", text, entry)], steps, losses)
    losses += _sql_losses(flows or [], steps)
    # Whatever had to be decided on the way, every path came to the same statements.
    steps = [s.model_copy(update={"condition": None}) for s in steps]
    path = "every path sends the same SQL, and nothing else has an effect"
    return Judgement("pure_sql", [_reason("only-sql", path, entry), *_in_turns(steps)], steps, losses)


def _in_turns(steps: list[Step]) -> list[Reason]:
    """What is sent again and again, and until when: the procedure does so, too."""
    found = []
    for step in steps:
        if step.turn is not None and step.turn.counted:
            few = "none" if step.turn.rows == 1 else f"fewer than {step.turn.rows}"
            until = few if step.turn.until == "fewer" else f"another number of rows than {step.turn.rows}"
            text = f"the statement is sent again and again, each turn committed, until it finds {until}"
            found.append(Reason(code="sent-in-turns", text=text, file=step.file, line=step.line))
    return found


def _movable(event: SqlEvent) -> bool:
    """Whether a statement writes and could move by itself: wholly known, and not once per row of something."""
    if event.sql is None or event.loop or not all(map(is_writable, event.parameters)):
        return False
    try:
        known = facts(event.sql)
    except StatementError:
        return False
    return known.writes and not known.tied


def _reason(code: str, text: str, span: Span) -> Reason:
    return Reason(code=code, text=text, file=span.file, line=span.line)


def _needs_app(effect: Effect) -> Reason:
    words = {
        "http": "talks to another service", "file": "reads or writes files", "shell": "runs another program",
        "process_state": "uses the running application's memory or processes", "enqueue": "enqueues jobs",
        "mail": "sends mail", "pubsub": "publishes messages",
    }  # fmt: skip
    text = f"{effect.what} {words[effect.kind]}"
    return Reason(code=f"needs-app-{effect.kind.replace('_', '-')}", text=text, file=effect.file, line=effect.line)


def _halves(moving: list[SqlEvent], stays: list[Effect], entry: Span) -> Reason:
    """Both halves of a job that can be split, each with its places."""
    places = ", ".join(dict.fromkeys(f"{e.span.file}:{e.span.line}" for e in moving))
    rest = ", ".join(dict.fromkeys(f"{e.what} ({e.file}:{e.line})" for e in stays[:5]))
    return _reason("split", f"could move: the SQL at {places}; stays in the application: {rest}", entry)


def _statements(flows: list[Flow]) -> list[SqlEvent]:
    """The statements of the longest path without an error, then those that only other paths send."""
    paths = sorted((s.events for s, _ in flows), key=lambda e: (-sum(x.ok for x in e), len(e)))
    found: dict[tuple[object, ...], SqlEvent] = {}
    for events in paths:
        for event in events:
            if not event.undone:
                found.setdefault((event.span, event.sql, event.parameters, event.transaction), event)
    return list(found.values())


def _success(flows: list[Flow]) -> list[Flow]:
    return [(s, v) for s, v in flows if not s.failed]


def _asks_again(good: list[Flow], sequences: list[tuple[SqlEvent, ...]], entry: Span) -> list[Reason]:
    """Paths that fail on purpose after their SQL went well: the scheduler would run them again."""
    if not any(sequences):
        return []
    for state, value in good:
        if state.events and not state.odd and any(_on_purpose(v) for v in alternatives(value)):
            text = "the job may report a failure although its SQL went well, and is then run again"
            return [_reason("fails-after-sql", text, entry)]
    return []


def _on_purpose(value: Value) -> bool:
    match value:
        case Raised(kind=kind):
            return kind in ("raise", "reraise", "throw", "exit", "assertion")
        case TupleValue(items=(Known() as tag, *_)):
            return tag == atom("error")
        case _:
            return value == atom("error")


def _control_flow(
    flows: list[Flow], good: list[Flow], sequences: list[tuple[SqlEvent, ...]], findings: Findings, entry: Span
) -> list[Reason]:
    """What keeps the statements from being a plain sequence."""
    reasons: list[Reason] = []
    if not good:
        return [_reason("always-fails", "no path through this job ends without an error", entry)]
    for event in dict.fromkeys(e for seq in sequences for e in seq if e.undone):
        reasons.append(_reason("rolled-back", "the transaction may be rolled back after its statements", event.span))
    if len(sequences) > 1:
        everywhere = set(sequences[0]).intersection(*map(set, sequences[1:]))
        for event in dict.fromkeys(e for seq in sequences for e in seq if e not in everywhere):
            where = event.conditions[-1] if event.conditions else event.span
            text = f"the statement at {event.span.file}:{event.span.line} runs on some paths only"
            reasons.append(_reason("conditional-sql", text, where))
        if not reasons:
            reasons.append(_reason("conditional-sql", "the order of the statements differs between paths", entry))
    for event in dict.fromkeys(e for seq in sequences for e in seq if e.loop):
        reasons.append(_reason("sql-in-loop", "the statement is sent in a loop whose length is not known", event.span))
    for event in findings.after_failure.values():
        text = "the statement still runs after an earlier one failed"
        reasons.append(_reason("continues-after-error", text, event.span))
    if findings.snoozes:
        reasons.append(_reason("snooze", "the job may put itself off ({:snooze, …})", findings.snoozes[0]))
    unique: dict[tuple[str, str, int], Reason] = {(r.code, r.file, r.line): r for r in reasons}
    return list(unique.values())


def _other_repository(sent: list[SqlEvent], effects: list[Effect], repo: str | None) -> list[Reason]:
    """Whether a job talks to another repository than the one the plan is for, be its statement known or not."""
    places: dict[str, tuple[str, int]] = {e.repo: (e.span.file, e.span.line) for e in reversed(sent)}
    for effect in effects:
        if effect.kind == "sql":
            places.setdefault(effect.what.rpartition(".")[0], (effect.file, effect.line))
    if len(places) > 1:
        other = next((name for name in places if name != repo), "")
        names = ", ".join(dict.fromkeys([e.repo for e in sent] + list(places)))
        text = f"the job talks to several repositories, whose databases may be different ones: {names}"
        return [Reason(code="two-repositories", text=text, file=places[other][0], line=places[other][1])]
    for name, (file, line) in places.items():
        if repo is not None and name != repo:
            text = f"{name} is not the application's first repository ({repo}): which database it is must be said"
            return [Reason(code="second-repository", text=text, file=file, line=line)]
    return []


def _steps(sent: list[SqlEvent], columns: ColumnType, places: Places) -> tuple[list[Step], list[Reason]]:
    steps: list[Step] = []
    reasons: list[Reason] = []
    for sent_ in sent:
        loop = proposals.row_loop(sent_, columns) if sent_.whole else None
        event = proposals.proposed(sent_)
        if event.sql is None:
            continue
        try:
            known = facts(event.sql)
        except StatementError as error:
            reasons.append(_reason("sql-does-not-parse", f"the statement cannot be read: {error}", event.span))
            continue
        if known.session:
            text = f"{known.session} depends on the session: the job's role and settings are not the app's"
            reasons.append(_reason("session-dependent", text, event.span))
        if known.tied:
            reasons.append(_reason("tied-to-session", f"the statement cannot be moved: {known.tied}", event.span))
        values, doubts = parameters(event, known, columns)
        reasons += doubts
        steps.append(
            Step(
                sql=event.sql, text=_resolved(event.sql, values), file=event.span.file, line=event.span.line,
                end_line=event.span.end_line, repo=event.repo, command=known.command, parameters=values,
                transaction=event.transaction, alone=known.alone, writes=known.writes,
                condition=_condition(event), relations=known.relations, functions=known.functions, loop=loop,
                turn=_turn(event, values), pieces=places.pieces(event),
            )
        )  # fmt: skip
    lock = next((s for s in steps if s.command == "LOCK" and s.transaction is None), None)
    if lock:
        text = "LOCK always fails outside of a transaction"
        reasons.append(Reason(code="lock-outside-transaction", text=text, file=lock.file, line=lock.line))
    called = next((s for s in steps if s.command == "CALL" and s.transaction is not None), None)
    if called:
        text = "the statement cannot be moved: a procedure may end transactions, which it cannot inside of the app's"
        reasons.append(Reason(code="tied-to-session", text=text, file=called.file, line=called.line))
    alone = [s for s in steps if s.alone]
    inside = next((s for s in alone if s.transaction is not None), None)
    if inside:
        text = f"{inside.command} always fails inside a transaction"
        reasons.append(Reason(code="stands-alone", text=text, file=inside.file, line=inside.line))
    if alone and len(steps) > 1:
        text = f"{alone[0].command} cannot share a cron command with other statements: it needs an entry of its own"
        reasons.append(Reason(code="stands-alone", text=text, file=alone[0].file, line=alone[0].line))
    return steps, reasons


def _turn(event: SqlEvent, values: tuple[Parameter, ...]) -> Turn | None:
    batch = event.batch
    if batch is None:
        return None
    captured = tuple(p.position for p in values if p.origin in batch.reads)
    return Turn(
        loop=f"{batch.file}:{batch.start}", until=batch.until, rows=batch.rows, counted=batch.counted,
        leaves=batch.leaves, captured=captured,
    )  # fmt: skip


def _condition(event: SqlEvent) -> str | None:
    return f"{event.conditions[-1].file}:{event.conditions[-1].line}" if event.conditions else None


def _resolved(sql: str, values: tuple[Parameter, ...]) -> str:
    """The statement with its parameters written in, for people (the plan resolves them by the parse tree)."""
    return replace_parameters(sql, {p.position: p.sql for p in values})


def _losses(effects: list[Effect]) -> list[Loss]:
    losses: list[Loss] = []
    for kind, (code, text) in _LOSSES.items():
        first = next((e for e in effects if e.kind == kind), None)
        if first:
            losses.append(Loss(code=code, text=text, file=first.file, line=first.line))
    return losses


def _sql_losses(flows: list[Flow], steps: list[Step]) -> list[Loss]:
    first = steps[0]
    losses = []
    swallowed = [v for s, v in flows if s.failed and not _is_failure(v)]
    if swallowed:
        text = "the app reported success when the SQL failed; under pg_cron such a run is shown as failed"
        losses.append(Loss(code="errors-swallowed", text=text, file=first.file, line=first.line))
    text = "the app gave up on a statement after its query timeout (15 s unless configured); pg_cron has none"
    losses.append(Loss(code="query-timeout", text=text, file=first.file, line=first.line))
    return losses


def _is_failure(value: Value) -> bool:
    """Whether a worker's result is a failure to Oban (oban lib/oban/worker.ex, result)."""
    for one in alternatives(value):
        match one:
            case Raised() | Unknown():
                continue
            case TupleValue(items=(Known() as tag, *_)) if tag in (atom("error"), atom("cancel"), atom("discard")):
                continue
            case Known(value=Atom(name="error" | "discard")):
                continue
            case _:
                return False
    return True
