"""How long the doctor takes, in a private server: 2,000 entries, and what the longest look at one entry was.

    .venv/bin/python benchmarks/doctor.py

Prints one line a figure. The statements differ from entry to entry, so that nothing is answered from memory; a second
figure, the same number of empty transactions on the same connection, is what the machine itself costs.
"""

from __future__ import annotations

import os
import time

from cronlift import sandbox
from cronlift.doctor import gather
from cronlift.doctor.diagnose import diagnose
from cronlift.postgres.server import Server

ENTRIES = 2_000
TABLES = 40
COMMANDS = """CASE n % 5
  WHEN 0 THEN 'DELETE FROM log_' || n % {tables} || ' WHERE id = ' || n
  WHEN 1 THEN 'CALL tidy_' || n % {tables} || '(' || n || ')'
  WHEN 2 THEN 'VACUUM log_' || n % {tables}
  WHEN 3 THEN 'UPDATE log_' || n % {tables} || ' SET note = ''' || n || ''' WHERE at < now()'
  ELSE 'SELECT missing_' || n || '()' END"""


def main() -> None:
    """Make the entries, look at them, print the figures, take everything away."""
    name = f"benchmark-{os.getpid()}"
    server = sandbox.up(name)
    try:
        with server.server(server.database).connect(read_only=False) as connection:
            for n in range(TABLES):
                connection.execute(
                    f"CREATE TABLE log_{n} (id bigint PRIMARY KEY, note text, at timestamptz NOT NULL)".encode()
                )
                body = (
                    f"BEGIN DELETE FROM log_{n} WHERE id = wanted; UPDATE log_{n} SET note = '' WHERE id > wanted; END"
                )
                connection.execute(
                    f"CREATE PROCEDURE tidy_{n}(wanted bigint) LANGUAGE plpgsql AS $$ {body} $$".encode()
                )
        with server.server(server.cron_database).connect(read_only=False) as connection:
            connection.execute(
                "INSERT INTO cron.job (jobname, schedule, command, database, username, nodename, nodeport) "
                f"SELECT 'job ' || n, n % 60 || ' ' || n % 24 || ' 1 1 *', {COMMANDS.format(tables=TABLES)}, "
                f"'{server.database}', 'postgres', 'localhost', 5432 FROM generate_series(1, {ENTRIES}) AS n".encode()
            )
        longest = _watched()
        start = time.perf_counter()
        found = diagnose(Server(settings=server.server(server.cron_database).settings))
        taken = time.perf_counter() - start
        with server.server().connect() as connection:
            start = time.perf_counter()
            for _ in range(ENTRIES):
                connection.execute("SELECT 1")
                connection.rollback()
            empty = time.perf_counter() - start
        print(f"{found.checked} entries in {taken:.1f} s ({taken / empty:.1f} times as many empty transactions)")
        print(f"longest look at one entry: {1000 * max(longest):.0f} ms; findings: {len(found.findings)}")
    finally:
        sandbox.down(name, remove=True)


def _watched() -> list[float]:
    """The seconds each entry's look takes, from now on."""
    taken: list[float] = []
    plain = gather.examine

    def timed(*arguments: object) -> object:
        start = time.perf_counter()
        try:
            return plain(*arguments)  # type: ignore[arg-type]
        finally:
            taken.append(time.perf_counter() - start)

    gather.examine = timed  # type: ignore[assignment]
    return taken


if __name__ == "__main__":
    main()
