"""What an act sends to change something, word for word: the record shows a reviewer later exactly what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from cronlift.model.handover import Statement
from cronlift.postgres.server import Connection


@dataclass
class Transcript:
    """The statements of one act, noted before they are sent: after a crash those that may have come through are known.
    One that waits for a lock and is sent again is noted once."""

    statements: list[Statement] = field(default_factory=list)

    def note(self, connection: Connection, statements: Sequence[sql.Composable]) -> None:
        """Note statements that will go to this connection's database as they are."""
        for statement in statements:
            self._add(connection, statement.as_string(connection))

    def note_query(self, connection: Connection, query: str, values: Mapping[str, Any]) -> None:
        """Note a query that will go to this connection's database, with its values in their places."""
        self._add(connection, psycopg.ClientCursor(connection).mogrify(query.encode(), values))

    def _add(self, connection: Connection, text: str) -> None:
        self.statements.append(Statement(database=connection.info.dbname, text=text.strip().removesuffix(";") + ";"))
