"""A statement with its parse tree and where it stands, and the routine it may stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Routine:
    """A function or procedure (``kind`` as in ``pg_proc.prokind``). ``body`` is its source text, ``settings`` its SET
    clauses; ``may_execute`` says whether the calling role may; ``takes``: how many arguments it needs and takes at
    most, where that was looked at."""

    oid: int
    schema: str
    name: str
    kind: str
    language: str
    body: str
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    security_definer: bool = False
    owner: str = ""
    may_execute: bool = True
    sql_body: bool = False
    from_extension: bool = False
    signature: str = ""
    arguments: tuple[str, ...] = ()
    takes: tuple[int, int] | None = None

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    @property
    def what(self) -> str:
        return "procedure" if self.kind == "p" else "function"


@dataclass(frozen=True, slots=True)
class Unit:
    """One statement an entry leads to, at top level or inside a routine (``inside``, innermost last).

    ``conditional``: a branch decides whether it runs; ``caught``: an exception handler stands around it; ``guarded``:
    the branch asks the catalogs first; ``subtransaction``: a block with an EXCEPTION clause; ``vague``: a variable
    of unknown type stood in it, so that only what does not
    depend on types may be said; ``line`` counts in the routine. ``analysed`` is the text the server is asked about
    where it is not ``text`` itself (PL/pgSQL variables stand in it as NULLs).
    """

    text: str
    kind: str
    tree: Mapping[str, Any] = field(hash=False)
    alone: bool = False
    inside: tuple[Routine, ...] = ()
    line: int = 0
    conditional: bool = False
    caught: bool = False
    guarded: bool = False
    subtransaction: bool = False
    vague: bool = False
    analysed: str = ""

    @property
    def place(self) -> str:
        """``, in procedure public.f line 3``; '' at top level."""
        if not self.inside:
            return ""
        line = f" line {self.line}" if self.line else ""
        return f", in {self.inside[-1].what} {self.inside[-1].full_name}{line}"
