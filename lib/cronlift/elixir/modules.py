"""What a module's source declares: functions, aliases, imports, uses and attributes (lexical, in order)."""

from __future__ import annotations

from dataclasses import dataclass, field

from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Node, Span


@dataclass(frozen=True, slots=True)
class FunctionClause:
    """One clause: ``params`` without defaults, ``sections`` do/rescue/catch/after/else, None for a bare head."""

    module: str
    name: str
    params: tuple[Node, ...]
    guard: Node | None
    sections: dict[str, ast.Block | tuple[ast.Clause, ...]] | None
    private: bool
    span: Span


@dataclass(slots=True)
class Function:
    """All clauses of ``name/arity`` (its full arity); ``defaults`` maps a parameter's index to its default."""

    name: str
    arity: int
    clauses: list[FunctionClause] = field(default_factory=list)
    defaults: dict[int, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Import:
    """An ``import``: ``only`` and ``excepted`` hold (name, arity); ``only`` None: everything."""

    module: str
    only: frozenset[tuple[str, int]] | None
    excepted: frozenset[tuple[str, int]]
    span: Span

    def names(self, name: str, arity: int) -> bool:
        """Whether this line brings ``name/arity``, if the module has it."""
        return (name, arity) not in self.excepted and (self.only is None or (name, arity) in self.only)


@dataclass(frozen=True, slots=True)
class Use:
    """A ``use`` line; ``options`` are those that could be read, ``argument`` is what stands there (None: nothing)."""

    module: str
    options: ast.List | None
    span: Span
    argument: Node | None = None

    @property
    def computed(self) -> bool:
        """Whether there are options that could not be read."""
        return self.argument is not None and self.options is None


@dataclass(frozen=True, slots=True)
class Using:
    """A clause of ``defmacro __using__(parameter)``."""

    parameter: str
    sections: dict[str, ast.Block | tuple[ast.Clause, ...]]


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of one clause with plain parameters."""

    parameters: tuple[str, ...]
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Delegate:
    name: str
    arity: int
    to: str
    as_name: str
    span: Span


@dataclass(slots=True)
class Module:
    """A module as declared. ``unread`` lists body forms that may define functions where this reader cannot see.

    ``using`` is what it puts into modules that use it; ``followed`` says of each ``use`` line looked at whether what it
    brings has been taken in (using.py), ``inserted`` where in this module the forms from another file stand. An
    implementation of the protocol ``implements`` is for values of ``implemented_for`` ('' where that is not known).
    ``enums`` are the types that ``defenum`` lines declare, by their full name; ``query_macros`` the macros of one
    clause, which may stand in a query.
    """

    name: str
    file: str
    span: Span
    functions: dict[tuple[str, int], Function] = field(default_factory=dict)
    aliases: list[tuple[int, str, str]] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    delegates: dict[tuple[str, int], Delegate] = field(default_factory=dict)
    macros: dict[str, Span] = field(default_factory=dict)
    attributes: dict[str, list[tuple[Span, Node]]] = field(default_factory=dict)
    hooks: list[Span] = field(default_factory=list)
    implements: str | None = None
    implemented_for: str = ""
    schema: ast.Call | None = None
    unread: list[tuple[Node, str]] = field(default_factory=list)
    using: list[Using] = field(default_factory=list)
    followed: dict[Span, bool] = field(default_factory=dict)
    inserted: dict[str, Span] = field(default_factory=dict)
    enums: dict[str, ast.Call] = field(default_factory=dict)
    query_macros: dict[tuple[str, int], Macro] = field(default_factory=dict)
    macro_clauses: list[tuple[str, int]] = field(default_factory=list)

    def function(self, name: str, arity: int) -> Function | None:
        """The function that a call ``name/arity`` reaches, through default arguments where there are some."""
        exact = self.functions.get((name, arity))
        if exact and any(c.sections is not None for c in exact.clauses):
            return exact
        for (other, full), function in self.functions.items():
            if other == name and full - len(function.defaults) <= arity < full:
                return function
        return exact

    def attribute(self, name: str, read: Span) -> Node | None:
        """The value ``@name`` has when read at ``read``: its last definition before (attributes are positional)."""
        at = self.position(read)
        values = [v for defined, v in self.attributes.get(name, []) if self.position(defined, end=True) <= at]
        return values[-1] if values else None

    def position(self, span: Span, *, end: bool = False) -> tuple[int, int]:
        """Where a place stands in the order of this module's forms; what a ``use`` line brings stands at that line."""
        offset = span.end if end else span.start
        use = self.inserted.get(span.file)
        return (offset, 0) if use is None else (use.end, offset)

    def alias(self, short: str, full: str, line: int) -> None:
        """Take in that ``short`` stands for ``full`` below ``line``."""
        self.aliases.append((line, short, full))

    def expand(self, name: str, local: dict[str, str] | None = None, line: int | None = None) -> str:
        """A module name as written on ``line`` (None: at the end), with the aliases above it applied to its first
        part; ``local`` holds the function's own."""
        first, _, rest = name.partition(".")
        if first == "__MODULE__":
            return f"{self.name}.{rest}" if rest else self.name
        if first == "Elixir" and rest:
            return rest
        above = [full for at, short, full in self.aliases if short == first and (line is None or at <= line)]
        expanded = (local or {}).get(first) or (above[-1] if above else first)
        return f"{expanded}.{rest}" if rest else expanded
