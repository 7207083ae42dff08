"""What the rules look at: an entry, the statements it leads to, and what the catalogs say of the names in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cronlift.model.document import Location
from cronlift.sql.unit import Routine, Unit


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of ``cron.job``, or the call that would make one (``place``); ``remarks`` are comments beside it."""

    jobid: int | None
    jobname: str | None
    schedule: str
    command: str
    database: str
    username: str
    active: bool = True
    nodename: str = "localhost"
    place: Location | None = None
    remarks: str = ""
    scheduled: bool = True
    """False for a text of a migration that is no entry: a routine nobody calls, a statement of a ``down``."""

    @property
    def called(self) -> str:
        """How sentences name it."""
        if self.jobname:
            return self.jobname
        return f"entry {self.jobid}" if self.jobid is not None else "the unnamed entry"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its type as ``format_type`` writes it, and its default's expression."""

    type: str
    not_null: bool
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation as the catalogs have it. ``kind`` is ``pg_class.relkind``; ``rights`` are what the job's role may do
    with it (``OWN``: what only an owner may, or MAINTAIN from PostgreSQL 17 on). ``columns`` None: not known."""

    schema: str
    name: str
    kind: str
    rows: float = -1
    bytes: int = 0
    populated: bool = True
    unlogged: bool = False
    unique_index: bool = False
    rights: frozenset[str] = frozenset()
    columns: Mapping[str, Column] | None = field(default=None, hash=False)
    owner: str = ""
    oid: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Problem:
    """What PostgreSQL (or a look-up that stands for it) says against a unit."""

    unit: Unit
    state: str
    message: str
    hint: str = ""
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """An entry with all that was seen of it.

    ``error`` is the parser's (with ``error_at``, characters from 1); ``top`` counts the command's own statements.
    ``relations`` maps a name as written to what it resolves to for this entry's role and search_path, ``routines`` a
    call as written to the candidates. ``settings`` are those of the session it starts with.
    """

    entry: Entry
    error: str = ""
    error_at: int = 0
    top: int = 0
    units: tuple[Unit, ...] = ()
    problems: tuple[Problem, ...] = ()
    relations: Mapping[str, Relation] = field(default_factory=dict, hash=False)
    routines: Mapping[str, tuple[Routine, ...]] = field(default_factory=dict, hash=False)
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    path: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    looked_up: bool = False
    """Whether the names were looked up in the entry's own database."""
