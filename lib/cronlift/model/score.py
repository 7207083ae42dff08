"""How well reading an application agrees with what a person wrote down about its jobs."""

from __future__ import annotations

from cronlift.model.document import Document, Record


class LabelledJob(Record):
    """A labelled entry beside what was read: ``verdict`` None where the inventory does not have it.

    ``statements`` says whether at least one statement of the job is known.
    """

    place: str
    worker: str
    label: str
    also: str | None
    raw_sql: bool
    verdict: str | None
    reasons: tuple[str, ...] = ()
    statements: bool = False

    @property
    def false_pure(self) -> bool:
        """Called pure SQL although neither of its labels says so."""
        return self.verdict == "pure_sql" and "pure_sql" not in (self.label, self.also)

    @property
    def pure_found(self) -> bool:
        """Labelled as pure SQL, and found as such or with statements proposed for a person to look at."""
        proposed = self.verdict == "needs_review" and self.statements
        return self.label == "pure_sql" and (self.verdict == "pure_sql" or proposed)

    @property
    def raw_pure(self) -> bool:
        """Labelled as pure SQL that is written as text in the source."""
        return self.label == "pure_sql" and self.raw_sql

    @property
    def raw_pure_found(self) -> bool:
        """Found as pure SQL, or with its statements proposed for a person to look at."""
        return self.raw_pure and self.pure_found


class PreparedStatement(Record):
    """A statement of a job, and what PostgreSQL said to it against the tables that the migrations make: ``accepted``
    None where PREPARE does not take statements of its kind, and ``why`` it was not accepted."""

    job: str
    file: str
    line: int
    sql: str
    accepted: bool | None
    why: str = ""


class ScoredApp(Record):
    """One application: its labelled entries, the entries read that no label has (in files that labels name), and
    what PostgreSQL said to its statements, where it was asked."""

    app: str
    jobs: tuple[LabelledJob, ...]
    unlabelled: tuple[str, ...] = ()
    prepared: tuple[PreparedStatement, ...] = ()


class Score(Document):
    """Every labelled application that was found below the folder; ``absent`` names the others."""

    apps: tuple[ScoredApp, ...]
    absent: tuple[str, ...] = ()

    @property
    def jobs(self) -> tuple[LabelledJob, ...]:
        return tuple(j for a in self.apps for j in a.jobs)

    @property
    def recall(self) -> float:
        """The part of the labelled entries that the inventory has."""
        jobs = self.jobs
        return sum(j.verdict is not None for j in jobs) / len(jobs) if jobs else 1.0

    @property
    def false_pure(self) -> tuple[LabelledJob, ...]:
        return tuple(j for j in self.jobs if j.false_pure)

    @property
    def pure(self) -> tuple[LabelledJob, ...]:
        """The jobs labelled as pure SQL."""
        return tuple(j for j in self.jobs if j.label == "pure_sql")

    @property
    def raw_pure_recall(self) -> float:
        raw = [j for j in self.jobs if j.raw_pure]
        return sum(j.raw_pure_found for j in raw) / len(raw) if raw else 1.0
