"""A test's database on the session's sandbox (made by the fixture ``app_database``)."""

from __future__ import annotations

from dataclasses import dataclass

from cronlift.postgres.server import Connection, Server
from cronlift.sandbox import Sandbox

ROLE = "app"  # owns every test's database and everything in it; no superuser


@dataclass(frozen=True)
class AppDatabase:
    """One test's database: ``server`` names it through libpq's environment, ``role`` owns it."""

    name: str
    role: str
    sandbox: Sandbox
    server: Server

    def connect(self, user: str = ROLE, database: str | None = None) -> Connection:
        """A connection that may write, by default as the application's own role."""
        return self.sandbox.server(database or self.name, user=user).connect(read_only=False)

    def admin(self, database: str | None = None) -> Connection:
        """A connection that may write, as the superuser."""
        return self.connect("postgres", database)

    def execute(self, script: str, user: str = ROLE) -> None:
        """Run an SQL script (several statements) and commit."""
        with self.connect(user) as connection:
            connection.cursor().execute(script.encode())
