"""The invented application of these tests: schemas, migrations and worker modules, with the SQL whose effect real
Ecto 3.13 was measured to have (cases.json)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from cronlift.sandbox import Sandbox

DATA = Path(__file__).parent / "application"
ZONE = "Asia/Tokyo"


@dataclass(frozen=True)
class Case:
    """One worker: its module, and SQL with the effect real Ecto had (None where it raised or nothing is equal)."""

    id: str
    kind: str
    elixir: str
    expected: str | None
    translatable: bool

    @property
    def module(self) -> str:
        return re.findall(r"defmodule (MyApp\.Workers\.\w+) do", self.elixir)[0]


def cases() -> list[Case]:
    """Every case of the file."""
    found = json.loads((DATA / "cases.json").read_text(encoding="utf-8"))
    return [Case(c["id"], c["kind"], c["elixir"], c["expected_pg_cron_sql"], c["translatable"]) for c in found]


def write_application(root: Path, workers: dict[str, str]) -> Path:
    """The application below ``root``, with these worker modules (file name to source)."""
    for folder in ("lib/workers", "priv/repo/migrations", "config"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "mix.exs").write_text("defmodule MyApp.MixProject do\n  use Mix.Project\nend\n")
    (root / "config/config.exs").write_text("import Config\nconfig :my_app, ecto_repos: [MyApp.Repo]\n")
    (root / "lib/schemas.ex").write_text((DATA / "schemas.ex").read_text())
    (root / "priv/repo/migrations/20260101000000_init.exs").write_text((DATA / "migration.ex").read_text())
    for name, source in workers.items():
        (root / "lib/workers" / f"{name}.ex").write_text(source)
    return root


def server(sandbox: Sandbox) -> dict[str, str]:
    """psycopg's arguments for the sandbox's superuser."""
    e = sandbox.environment
    return {"host": e["PGHOST"], "port": e["PGPORT"], "user": e["PGUSER"], "dbname": e["PGDATABASE"]}
