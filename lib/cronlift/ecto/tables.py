"""What is known of the tables: columns with their PostgreSQL types, as migrations or a schema dump leave them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Column:
    """``type`` as PostgreSQL writes it (``timestamp(0)``, ``bigint``, ``varchar(255)[]``), None where it is not
    known; ``required``: NOT NULL without a default; ``primary``: of the primary key."""

    type: str | None
    not_null: bool = False
    default: bool = False
    primary: bool = False

    @property
    def required(self) -> bool:
        return self.not_null and not self.default


@dataclass(slots=True)
class Table:
    """A table; ``unsure`` where something was done to it that is not understood. ``keys`` are the columns of its unique
    indexes that hold for every row; ``keys_unsure``: it may have others."""

    name: str
    columns: dict[str, Column] = field(default_factory=dict)
    unsure: bool = False
    keys: set[frozenset[str]] = field(default_factory=set)
    keys_unsure: bool = False

    def has_key(self, columns: list[str]) -> bool | None:
        """Whether ON CONFLICT finds a unique index of just these columns (manual, INSERT, "conflict_target"); None
        where that is not known."""
        primary = frozenset(n for n, c in self.columns.items() if c.primary)
        wanted = frozenset(columns)
        if wanted and (wanted == primary or wanted in self.keys):
            return True
        return None if self.keys_unsure or self.unsure else False

    def rename_column(self, old: str, new: str) -> None:
        if old in self.columns:
            self.columns[new] = self.columns.pop(old)
        self.keys = {frozenset(new if c == old else c for c in key) for key in self.keys}


class Tables:
    """Tables by schema and name; a name without a schema is looked for as ``search_path`` would find ``public``.

    ``doubtful`` holds columns that were changed on a table nobody could name: their types are not known anywhere.
    ``index_unread``: a unique index was made on a table nobody could name. ``enums`` are the enumerated types by name,
    ``views`` the names of views, ``functions`` arguments and result by name, as SQL in migrations makes them.
    """

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str], Table] = {}
        self.doubtful: set[str] = set()
        self.enums: dict[str, tuple[str, ...]] = {}
        self.index_unread = False
        self.views: set[str] = set()
        self.functions: dict[str, str] = {}
        self.unread: list[str] = []

    def put(self, prefix: str | None, table: Table) -> None:
        self._tables[(prefix or "public", table.name)] = table

    def get(self, prefix: str | None, name: str) -> Table | None:
        return self._tables.get((prefix or "public", name))

    def drop(self, prefix: str | None, name: str) -> None:
        self._tables.pop((prefix or "public", name), None)

    def rename(self, prefix: str | None, name: str, new: str) -> None:
        table = self._tables.pop((prefix or "public", name), None)
        if table:
            table.name = new
            self.put(prefix, table)

    def column(self, prefix: str | None, table: str, name: str) -> Column | None:
        """The column; its type is None where that is not certain. None where there is no such table or column."""
        found = self.get(prefix, table)
        column = found.columns.get(name) if found else None
        if column is None or found is None:
            return None
        return replace(column, type=None) if found.unsure or name in self.doubtful else column

    def known(self) -> list[tuple[str, Table]]:
        """Every table with its schema, sorted."""
        return [(prefix, table) for (prefix, _), table in sorted(self._tables.items())]
