"""One entry's look at its own database: a READ ONLY transaction in the session state its run would start with.

Nothing is executed: statements are sent to be *parsed* (the protocol's Parse message is what PREPARE does: parse
analysis and rewriting, no planning, so that not even a constant expression is evaluated; the manual, "Extended
Query"). Locks are those of parse analysis, ROW EXCLUSIVE at most, waited for 100 ms and given back by the rollback.
Catalog look-ups run with ``search_path`` set to pg_catalog and as the connected role, never as the entry's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import errors, pq, sql
from psycopg.pq import DiagnosticField
from psycopg.rows import dict_row

from cronlift import resources
from cronlift.doctor.entry import Column, Problem, Relation
from cronlift.postgres.server import Connection
from cronlift.sql.tree import Access, Called
from cronlift.sql.unit import Routine, Unit

LOCK_TIMEOUT = "100ms"
# What may change how a text is read or a name is found; the rest of a role's settings is only looked at.
_APPLIED = {"datestyle", "intervalstyle", "standard_conforming_strings", "array_nulls"}
_DEFAULT_PATH = '"$user", public'
_NOT_SAID = {"55P03", "57014"}
"""States that say something of the moment (a lock, a timeout), not of the statement."""


class Session:
    """Looks into one database; what roles start with and what names stand for is remembered between entries."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.version = connection.info.server_version
        self._settings: dict[str, dict[str, str]] = {}
        self._paths: dict[tuple[str, str], tuple[tuple[str, ...], bool]] = {}
        self._relations: dict[tuple[str, tuple[str, ...], str], Relation | None] = {}
        self._routines: dict[tuple[str, tuple[str, ...], str], tuple[Routine, ...]] = {}
        self._states: dict[tuple[str, str], tuple[str, bool]] = {}
        self._parsed: dict[tuple[str, str, str], tuple[str, str, str, int | None] | None] = {}

    def settings(self, role: str) -> Mapping[str, str]:
        """What a session of the role starts with here, by lower-case name; for each where it is known."""
        if role not in self._settings:
            rows = self.connection.execute(resources.sql("doctor/session_settings"), {"role": role}).fetchall()
            self._settings[role] = {str(name): str(value) for name, value in rows}
        return self._settings[role]

    @contextmanager
    def looking(self) -> Iterator[None]:
        """One entry's transaction: rolled back whatever happens."""
        self.connection.rollback()
        try:
            self.connection.execute(
                f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET LOCAL statement_timeout = '10s'; "
                "SET LOCAL search_path = pg_catalog"
            )
            yield
        finally:
            self.connection.rollback()

    def path(self, role: str, search_path: str) -> tuple[tuple[str, ...], bool]:
        """The schemas the role finds names in with this setting, pg_catalog included, and whether the server was asked
        *as the role* (else schemas it may not use are left out by has_schema_privilege)."""
        key = (role, search_path)
        if key not in self._paths:
            with self._as(role, search_path) as taken:
                row: Any = self.connection.execute("SELECT pg_catalog.current_schemas(TRUE)::text[]").fetchone()
            schemas = tuple(row[0])
            if not taken:
                rows = self.connection.execute(
                    "SELECT n.nspname::text FROM pg_catalog.pg_namespace AS n "
                    "WHERE n.nspname = ANY (%s::text[]) AND pg_catalog.has_schema_privilege(%s, n.oid, 'USAGE')",
                    (list(schemas), role),
                ).fetchall()
                usable = {str(name) for (name,) in rows}
                schemas = tuple(s for s in schemas if s in usable)
            self._paths[key] = (schemas, taken)
        return self._paths[key]

    @contextmanager
    def _as(self, role: str, search_path: str) -> Iterator[bool]:
        """The role's state for a moment, undone by rolling back to a savepoint; False where it may not be taken on."""
        state, taken = self._state(role, search_path)
        self.connection.execute(f"SAVEPOINT before; {state}; SAVEPOINT taken")
        try:
            yield taken
        finally:
            self.connection.execute("ROLLBACK TO SAVEPOINT before; RELEASE SAVEPOINT before")

    def _state(self, role: str, search_path: str) -> tuple[str, bool]:
        """The statements that take a role's state on, without those that the server refuses."""
        key = (role, search_path)
        if key not in self._states:
            become = f"SET LOCAL ROLE {sql.Identifier(role).as_string()}"
            taken = self._works(become)
            if not taken:
                search_path = search_path.replace('"$user"', sql.Identifier(role).as_string())
            settings = [
                f"SET LOCAL {sql.Identifier(name).as_string()} = {sql.Literal(value).as_string()}"
                for name, value in self.settings_to_apply(role)
            ]
            path = sql.Literal(search_path).as_string()
            settings.append(f"SELECT pg_catalog.set_config('search_path', {path}, TRUE)")
            kept = [text for text in settings if self._works(text)]
            self._states[key] = "; ".join([become, *kept] if taken else kept) or "SELECT", taken
        return self._states[key]

    def _works(self, statement: str) -> bool:
        try:
            with self.connection.transaction(force_rollback=True):
                self.connection.execute(statement)
        except errors.DatabaseError:  # a role that may not be taken on, a value that this server does not take
            return False
        return True

    def settings_to_apply(self, role: str) -> list[tuple[str, str]]:
        """Those of a role's settings under which its statements must be read."""
        own = self.settings(role)
        return [(name, own[name]) for name in sorted(_APPLIED & set(own))]

    def search_path(self, role: str) -> str:
        """The setting a session of the role starts with."""
        return self.settings(role).get("search_path", _DEFAULT_PATH)

    def parse(self, units: Sequence[Unit], role: str, search_path: str) -> tuple[list[Problem], list[str]]:
        """What the server's parse analysis says against each statement, as the role and with its path; and what could
        not be seen just now."""
        problems: list[Problem] = []
        unseen: list[str] = []
        texts = [unit.analysed or unit.text for unit in units]
        wanted = [text for text in dict.fromkeys(texts) if (text, role, search_path) not in self._parsed]
        if wanted:
            with self._as(role, search_path):
                for text in wanted:
                    self._parsed[text, role, search_path] = self._parse(text)
        for text, unit in zip(texts, units, strict=True):
            said = self._parsed[text, role, search_path]
            if said is None:
                continue
            state, message, hint, position = said
            if state in _NOT_SAID:
                unseen.append(f"{message} (another session holds a lock: run again)")
                del self._parsed[text, role, search_path]
            else:
                problems.append(Problem(unit, state, message, hint, position))
        return problems, unseen

    def _parse(self, text: str) -> tuple[str, str, str, int | None] | None:
        result = self.connection.pgconn.prepare(b"", text.encode())
        if result.status == pq.ExecStatus.COMMAND_OK:
            return None
        self.connection.execute("ROLLBACK TO SAVEPOINT taken")
        position = _field(result, DiagnosticField.STATEMENT_POSITION)
        return (
            _field(result, DiagnosticField.SQLSTATE),
            _field(result, DiagnosticField.MESSAGE_PRIMARY),
            _field(result, DiagnosticField.MESSAGE_HINT),
            int(position) if position else None,
        )

    def validate(self, routine: Routine, role: str, search_path: str) -> tuple[str, str] | None:
        """What PostgreSQL says against an SQL-language body (state, message); None where it is fine."""
        with self._as(role, search_path):
            try:
                with self.connection.transaction():
                    self.connection.execute("SET LOCAL check_function_bodies = on")
                    self.connection.execute(resources.sql("doctor/validate_sql"), {"oid": routine.oid})
            except errors.DatabaseError as error:
                return str(error.sqlstate or ""), str(error.diag.message_primary or "")
        return None

    def text_of(self, query: str, routine: Routine) -> str:
        """What sql/doctor/<query>.sql returns for a routine."""
        row: Any = self.connection.execute(resources.sql(f"doctor/{query}"), {"oid": routine.oid}).fetchone()
        return str(row[0] or "")

    def relations(self, wanted: Sequence[Access], role: str, path: tuple[str, ...]) -> dict[str, Relation]:
        """What names stand for, by the name as written; absent ones are missing."""
        new = [a for a in {a.written: a for a in wanted}.values() if (role, path, a.written) not in self._relations]
        if new:
            parameters = {
                "schemas": [a.schema for a in new], "names": [a.name for a in new], "role": role, "path": list(path),
            }  # fmt: skip
            found = dict.fromkeys(range(1, len(new) + 1))
            with self.connection.cursor(row_factory=dict_row) as cursor:
                rows = {r.pop("position"): r for r in cursor.execute(resources.sql("doctor/relations"), parameters)}
            maintained = self._maintained([r["oid"] for r in rows.values()], role)
            for position in found:
                row = rows.get(position)
                known = _relation(row, row["oid"] in maintained) if row else None
                self._relations[role, path, new[position - 1].written] = known
        answers = ((a.written, self._relations[role, path, a.written]) for a in wanted)
        return {name: relation for name, relation in answers if relation is not None}

    def _maintained(self, oids: list[int], role: str) -> set[int]:
        if self.version < 170000 or not oids:
            return set()
        rows = self.connection.execute(resources.sql("doctor/maintain"), {"oids": oids, "role": role}).fetchall()
        return {int(str(oid)) for (oid,) in rows}

    def routines(self, wanted: Sequence[Called], role: str, path: tuple[str, ...]) -> dict[str, tuple[Routine, ...]]:
        """The candidates for each call, by its key."""
        new = [c for c in {c.key: c for c in wanted}.values() if (role, path, c.key) not in self._routines]
        if new:
            parameters = {
                "schemas": [c.schema for c in new],
                "names": [c.name for c in new],
                "arguments": [c.arguments for c in new],
                "procedures": [c.procedure for c in new],
                "role": role,
                "path": list(path),
            }
            found: dict[int, list[Routine]] = {}
            with self.connection.cursor(row_factory=dict_row) as cursor:
                for row in cursor.execute(resources.sql("doctor/routines"), parameters):
                    found.setdefault(row.pop("position"), []).append(_routine(row))
            for position, called in enumerate(new, 1):
                self._routines[role, path, called.key] = tuple(found.get(position, ()))
        return {c.key: self._routines[role, path, c.key] for c in wanted}


def _field(result: pq.abc.PGresult, which: DiagnosticField) -> str:
    return (result.error_field(which) or b"").decode("utf-8", "replace")


def _relation(row: dict[str, Any], maintained: bool) -> Relation:
    columns = row.pop("columns") or {}
    rights = frozenset(row.pop("rights")) | ({"OWN"} if maintained else frozenset())
    return Relation(**row, rights=rights, columns={name: Column(*values) for name, values in columns.items()})


def _routine(row: dict[str, Any]) -> Routine:
    settings = dict(item.partition("=")[::2] for item in row.pop("settings"))
    return Routine(**row, settings=settings)
