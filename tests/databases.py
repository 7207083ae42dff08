"""A test's database on the session's sandbox (made by the fixture ``app_database``)."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

from cronlift.postgres.server import Connection, Server
from cronlift.sandbox import Sandbox, libraries

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

    def psql(self, *options: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run the psql that came with the server (a machine may have none), as the superuser; libpq's environment
        names the server."""
        programs = self.sandbox.programs
        return subprocess.run(
            [programs.program("psql"), "-X", "-q", "-U", "postgres", *options],
            env={**os.environ, **libraries.environment(programs.library_path)},
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
