"""What the server counts: rows a transaction wrote, and the values sequences have handed out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from cronlift import resources
from cronlift.postgres.server import Connection
from cronlift.proof.readout import Key


@dataclass(frozen=True)
class Written:
    """What a side did to one relation, as the server counted: rows inserted, updated, deleted (attempts too)."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    locked: bool = False

    def __bool__(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted or self.locked)

    def __str__(self) -> str:
        counts = ((self.inserted, "inserted"), (self.updated, "updated"), (self.deleted, "deleted"))
        return ", ".join(f"{number} {what}" for number, what in counts if number) or "locked as a whole"


class Counter:
    """The server's counts for this transaction, and what came since they were looked at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._before = self._now()

    def since(self) -> dict[Key, Written]:
        """What was written since this counter was made. Locks are seen only until their savepoint is rolled back."""
        out = {}
        for key, (counts, locks) in self._now().items():
            old_counts, old_locks = self._before.get(key, ((0, 0, 0), frozenset()))
            strong = (locks - old_locks) - {"RowExclusiveLock", "ShareUpdateExclusiveLock"}
            inserted, updated, deleted = (new - old for new, old in zip(counts, old_counts, strict=True))
            written = Written(inserted, updated, deleted, locked=bool(strong))
            if written:
                out[key] = written
        return out

    def _now(self) -> dict[Key, tuple[tuple[int, int, int], frozenset[str]]]:
        rows = self._connection.execute(resources.sql("proof/written")).fetchall()
        return {
            (str(s), str(n)): ((int(str(i)), int(str(u)), int(str(d))), frozenset(locks))  # type: ignore[call-overload]
            for s, n, i, u, d, locks in rows
        }

    def writable(self) -> set[Key]:
        """The relations this transaction has written or could have: it holds a lock that writing needs."""
        return {key for key, (counts, locks) in self._now().items() if any(counts) or locks}


class Sequences:
    """The counters behind serial and identity columns: no rollback puts them back, so this does.

    Each side starts with the same values; at the end the database has its own again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        rows = connection.execute(resources.sql("proof/sequences")).fetchall()
        self._names = [(str(s), str(n)) for s, n in rows]
        self._state = self.read()

    def read(self) -> dict[Key, tuple[int, bool]]:
        """Each sequence's last value, and whether it was handed out."""
        if not self._names:
            return {}
        query = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {}, {}, last_value, is_called FROM {}").format(
                sql.Literal(s), sql.Literal(n), sql.Identifier(s, n)
            )
            for s, n in self._names
        )
        rows = self._connection.execute(query).fetchall()
        return {(str(s), str(n)): (int(str(value)), bool(called)) for s, n, value, called in rows}

    def restore(self, state: Mapping[Key, tuple[int, bool]] | None = None) -> None:
        """Put back the values of ``state``, else those of the beginning; values this session had set aside go."""
        wanted = self._state if state is None else state
        now = self.read()
        for (schema, name), (value, called) in wanted.items():
            if now.get((schema, name)) != (value, called):
                self._connection.execute(
                    sql.SQL("SELECT pg_catalog.setval({}::regclass, %s, %s)").format(
                        sql.Literal(sql.Identifier(schema, name).as_string(self._connection))
                    ),
                    (value, called),
                )
        self._connection.execute("DISCARD SEQUENCES")
