"""A small shop to move jobs in, planned and installed by the real stages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from cronlift.model.decision import Decisions
from cronlift.model.plan import Plan
from cronlift.model.verdict import Step
from cronlift.proof.case import Case
from cronlift.proof.findings import Finding
from cronlift.proof.planned_job import prove
from cronlift.proof.session import sides
from cronlift.stages.generate import generate
from cronlift.stages.install import install

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

import building

step = building.step

CLEANUP = "DELETE FROM cache WHERE expires_at < now()"
REFRESH = "REFRESH MATERIALIZED VIEW CONCURRENTLY hot_item"
PREWARM = """\
INSERT INTO cache (key, body, expires_at)
SELECT kind || ':' || id, to_jsonb(hot_item.*), now() + INTERVAL '24 hours' FROM hot_item
ON CONFLICT (key) DO NOTHING"""

SCHEMA = """
CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, stars integer NOT NULL);
CREATE UNLOGGED TABLE cache (
  key text PRIMARY KEY, body jsonb NOT NULL, expires_at timestamptz NOT NULL, hits integer NOT NULL DEFAULT 0,
  inserted_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE bystander (id serial PRIMARY KEY, note text);
CREATE MATERIALIZED VIEW hot_item AS SELECT id, kind, stars FROM item WHERE stars >= 1000;
CREATE UNIQUE INDEX ON hot_item (id);
INSERT INTO item (kind, stars) SELECT 'k' || n % 7, n * 17 FROM generate_series(1, 200) AS n;
INSERT INTO bystander (note) SELECT 'n' || n FROM generate_series(1, 20) AS n;
REFRESH MATERIALIZED VIEW hot_item;
INSERT INTO cache (key, body, expires_at)
SELECT kind || ':' || id, '{}', now() + (id - 100) * interval '1 hour' FROM item WHERE id <= 180;
"""


@dataclass(frozen=True)
class Shop:
    """An application's database (the fixture ``app_database``) with a plan installed into it."""

    database: Any
    plan: Plan
    app: Path

    def replace_procedure(self, old: str, new: str, job: int = 0) -> None:
        """Put another procedure under the job's name: the planned text with ``old`` replaced by ``new``."""
        text = self.plan.jobs[job].procedure_sql
        assert text is not None
        assert old in text, text
        self.put_procedure(text.replace(old, new), job)

    def put_procedure(self, text: str, job: int = 0) -> None:
        """Put a procedure of any text under the job's name."""
        planned = self.plan.jobs[job]
        name = sql.Identifier(planned.schema_name or "", planned.procedure or "")
        self.database.execute(
            f"DROP PROCEDURE {name.as_string()};\n{text};\nREVOKE EXECUTE ON PROCEDURE {name.as_string()} FROM PUBLIC"
        )

    def prove(self, job: int = 0) -> Finding:
        """The effect proof alone, of what is installed."""
        target = self.plan.target
        with self.database.admin() as connection:
            app, role = sides(connection, target, self.plan.jobs[job])
        connection.close()
        server = self.database.server.in_database(target.cron_database)
        return prove(Case(server, target.database, target, self.plan.jobs[job], app, role, installed=True))

    def contents(self) -> list[Any]:
        """Everything in the tables and sequences, to see that nothing was left behind."""
        with self.database.admin() as connection:
            tables = connection.execute(
                "SELECT oid::regclass::text, "
                "CASE relkind WHEN 'S' THEN 'last_value, is_called' ELSE 'ROW(x.*)::text' END "
                "FROM pg_class WHERE relkind IN ('r', 'm', 'S') "
                "AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, "
                "'pg_toast'::regnamespace) ORDER BY 1"
            ).fetchall()
            found = [
                (name, sorted(connection.execute(f"SELECT {row} FROM {name} AS x").fetchall()))
                for name, row in tables
                if not name.startswith("cron.")
            ]
            found.append(
                connection.execute("SELECT proname, prosrc FROM pg_proc WHERE proowner > 10 ORDER BY 1").fetchall()
            )
        connection.close()
        return found


@pytest.fixture
def shop(app_database: Any, tmp_path: Path) -> Callable[..., Shop]:
    """``shop(step, …, schema=…)`` plans one job of these steps and installs it; ``jobs=`` several, each with its steps
    and schedule; ``session``: settings of the app's sessions. Statements that stand for a loop are accepted by a
    decision."""

    def make(
        *steps: Step,
        schema: str = SCHEMA,
        schedule: str = "0 * * * *",
        apply: bool = True,
        jobs: dict[str, tuple[str, tuple[Step, ...]]] | None = None,
        session: dict[str, str] | None = None,
    ) -> Shop:
        app_database.execute(schema)
        wanted = jobs or {"Shop.CacheWorker": (schedule, steps)}
        told = session or {}
        judged = building.application(
            tmp_path,
            *(building.classified(w, *each, schedule=when, session=told) for w, (when, each) in wanted.items()),
        )
        (tmp_path / "mix.exs").write_text("defmodule Shop.MixProject do\n  use Mix.Project\nend\n")
        rewritten = [job for job in judged.jobs if any(s.loop for s in job.steps)]
        accepted = {job.id: building.decision(job, verdict="pure_sql", rewrite=True) for job in rewritten}
        decisions = Decisions(schema_version=1, jobs=accepted) if accepted else None
        plan = generate(judged, tmp_path, app_database.server, decisions=decisions)
        assert not plan.refused, plan.refused
        if apply:
            install(plan, app_database.server, apply=True)
        return Shop(app_database, plan, tmp_path)

    return make
