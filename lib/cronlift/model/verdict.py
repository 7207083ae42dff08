"""A verdict: what a job is, why, and what its SQL is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from cronlift.model.document import Document, Record
from cronlift.model.effect import Effect
from cronlift.model.job import Job, NotAnalysed

# Reasons that leave the verdict as it is: what only the deployment knows, and a decision must say before a move.
QUESTIONS = frozenset(
    {"conditional-entry", "session-parameters", "dynamic-repository", "session-time-zone", "never-started"}
)

VerdictName = Literal["pure_sql", "split", "app_logic", "needs_review", "no_effect", "startup"]


class Reason(Record):
    """Why a verdict is as it is: a stable kebab-case ``code``, a sentence, and the evidence's place."""

    code: str
    text: str
    file: str
    line: int


class Loss(Record):
    """Something the app's scheduler or code did around the SQL that pg_cron will not do."""

    code: str
    text: str
    file: str
    line: int


class Remark(Record):
    """Something noticed beside the verdict that does not change it: what a called routine does, a name or a comment
    that says another schedule."""

    code: str
    text: str
    file: str
    line: int


class Parameter(Record):
    """A bound parameter: its position from 1, the SQL text of its value, and where the value comes from.

    ``by_type``: of a value that is written differently for different types, the text for each type it may have.
    """

    position: int
    sql: str
    origin: str
    by_type: dict[str, str] = Field(default_factory=dict)


class RowLoop(Record):
    """The loop that a proposed statement stands for, as the app runs it: it reads ``rows`` (at ``line``), and sends
    ``each`` for every one of them (its columns as ``r."column"``) or, where it is ``listed``, once for all, the rows'
    values as ``ARRAY(SELECT …)``. ``commits``: the app commits after each row."""

    rows: str
    each: str
    line: int
    listed: bool = False
    commits: bool = False


class Turn(Record):
    """A statement's place in a turn that is repeated: all steps with the same ``loop`` are one turn. It ends when the
    step that is ``counted`` finds ``fewer`` rows than ``rows`` (or any ``other`` number), after the step that
    ``leaves``. ``captured``: positions of parameters whose value was computed before the first turn."""

    loop: str
    until: Literal["fewer", "other"]
    rows: int
    counted: bool = False
    leaves: bool = False
    captured: tuple[int, ...] = ()


class Piece(Record):
    """A stretch of source that a part of a statement comes from: ``part`` is the clause it gives (``from``, ``where``,
    …), ``call`` the repository's call, ``text`` the whole SQL; bytes ``start`` to ``end`` of the file."""

    part: str
    file: str
    line: int
    end_line: int
    start: int = 0
    end: int = 0


class Step(Record):
    """One statement the job sends, in order.

    ``sql`` is the text as the app sends it (``$1`` placeholders kept), ``text`` the same with the
    parameters resolved, ``transaction`` numbers the ``Repo.transaction`` it stands in (None: the app
    commits it on its own), ``command`` is PostgreSQL's command tag (``INSERT``, ``REFRESH MATERIALIZED VIEW``),
    ``alone`` says that PostgreSQL refuses it in a transaction block. ``loop``: the application sends no such statement:
    it is proposed in the place of a loop, and a decision must accept it. ``turn``: it is sent again and again.
    ``pieces``: where its parts come from.
    """

    sql: str
    text: str
    file: str
    line: int
    end_line: int
    repo: str
    command: str
    parameters: tuple[Parameter, ...] = ()
    transaction: int | None = None
    condition: str | None = None
    alone: bool = False
    writes: bool = True
    relations: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    loop: RowLoop | None = None
    turn: Turn | None = None
    pieces: tuple[Piece, ...] = ()


class ClassifiedJob(Job):
    """A job with its verdict. ``decided`` says that a person's decision changed the verdict, ``approved`` that
    one selects it for the move; ``code_hash`` covers the entry and every function on its path; ``session`` holds the
    settings of the app's sessions that the procedure makes for itself; ``unwritten`` are the places (file:line) of
    statements that change data and stand in no step as the app sends them: unknown, or sent in a loop."""

    verdict: VerdictName
    reasons: tuple[Reason, ...] = ()
    effects: tuple[Effect, ...] = ()
    steps: tuple[Step, ...] = ()
    statements: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    stays: tuple[Effect, ...] = ()
    unwritten: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    code_hash: str = ""
    session: dict[str, str] = Field(default_factory=dict)
    decided: bool = False
    approved: bool = False

    @property
    def questions(self) -> tuple[Reason, ...]:
        """What somebody must say (in a decision that moves the job) before it is planned."""
        return tuple(r for r in self.reasons if r.code in QUESTIONS)


class Classification(Document):
    """Stage 02: every job with its verdict and evidence."""

    app: str
    env: str
    jobs: tuple[ClassifiedJob, ...]
    not_analysed: tuple[NotAnalysed, ...] = ()
