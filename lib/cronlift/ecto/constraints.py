"""What the columns and unique indexes that migrations make say against a statement: PostgreSQL would refuse it."""

from __future__ import annotations

from cronlift.ecto.refusals import RaisesError
from cronlift.ecto.tables import Table, Tables


def check_conflict_target(tables: Tables, table: Table, columns: list[str]) -> None:
    """ON CONFLICT with columns needs a unique index of just these (manual, INSERT; error 42P10). Raises RaisesError
    where the table certainly has none."""
    if tables.index_unread or tables.unread:
        return
    if table.has_key(columns) is False:
        names = ", ".join(columns)
        raise RaisesError(f"{table.name} has no unique index on ({names}), which on_conflict needs")


def check_not_null(table: Table | None, column: str, is_null: bool) -> None:
    """Raises RaisesError where NULL is stored in a column that is NOT NULL (error 23502)."""
    found = table.columns.get(column) if table and not table.unsure else None
    if is_null and found is not None and found.not_null:
        raise RaisesError(f"{table.name if table else ''}.{column} must not be NULL, and NULL is stored in it")
