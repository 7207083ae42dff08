"""Jobs as the classify stage hands them on, and a small application for them."""

from __future__ import annotations

from pathlib import Path

from cronlift.model.decision import Decision
from cronlift.model.job import ConfigEntry, Options
from cronlift.model.plan import PlannedJob, ScheduleVerdict, Target
from cronlift.model.verdict import Classification, ClassifiedJob, Parameter, Step
from cronlift.sql.facts import facts

TARGET = Target(
    system_identifier="7000000000000000001",
    server_version="15.18",
    database="shop",
    database_oid=16384,
    cron_database="postgres",
    cron_database_oid=5,
    pg_cron_version="1.4",
    cron_timezone="GMT",
    app_role="app",
    search_path=("public",),
)

SCHEMA = """
CREATE TABLE cart (id bigint PRIMARY KEY, found text, expires_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE cart_archive (LIKE cart);
CREATE TABLE item (id bigint PRIMARY KEY, hot boolean NOT NULL, price numeric(10, 2), created date);
CREATE MATERIALIZED VIEW hot_item AS SELECT id, price FROM item WHERE hot;
CREATE UNIQUE INDEX ON hot_item (id);
CREATE MATERIALIZED VIEW plain_item AS SELECT id FROM item;
CREATE MATERIALIZED VIEW empty_item AS SELECT id FROM item WITH NO DATA;
CREATE UNIQUE INDEX ON empty_item (id);
CREATE FUNCTION forget_carts() RETURNS bigint LANGUAGE sql AS
  $$ WITH gone AS (DELETE FROM public.cart WHERE expires_at <= now() RETURNING 1) SELECT count(*) FROM gone $$;
INSERT INTO item SELECT n, n % 2 = 0, n, date '2026-01-01' + n::integer FROM generate_series(1, 20) AS n;
INSERT INTO cart SELECT n, 'x', now() - make_interval(hours => n::integer) FROM generate_series(1, 10) AS n;
REFRESH MATERIALIZED VIEW hot_item;
"""

DELETE = "DELETE FROM cart\nWHERE expires_at <= NOW()"
REFRESH = "REFRESH MATERIALIZED VIEW CONCURRENTLY hot_item"
INSERT = """\
INSERT INTO cart (id, found, expires_at)
SELECT id + 1000, 'é ' || price, NOW() + INTERVAL '24 hours' FROM hot_item
ON CONFLICT (id) DO NOTHING"""


def step(
    sql: str,
    *values: str | dict[str, str],
    transaction: int | None = None,
    condition: str | None = None,
    repo: str = "Shop.Repo",
) -> Step:
    known = facts(sql)
    return Step(
        sql=sql,
        text=sql,
        file="lib/shop/cache.ex",
        line=10,
        end_line=12,
        repo=repo,
        command=known.command,
        parameters=tuple(
            Parameter(position=n, sql=v, origin="literal")
            if isinstance(v, str)
            else Parameter(position=n, sql=next(iter(v.values())), origin="lib/a.ex:1", by_type=v)
            for n, v in enumerate(values, 1)
        ),
        transaction=transaction,
        condition=condition,
        alone=known.alone,
        writes=known.writes,
        relations=known.relations,
        functions=known.functions,
    )


def classified(
    worker: str, *steps: Step, schedule: str = "0 * * * *", line: int = 0, verdict: str = "pure_sql", **fields: object
) -> ClassifiedJob:
    return ClassifiedJob.model_validate(
        {
            "id": f"oban:{worker}",
            "source": "oban",
            "schedule": schedule,
            "worker": worker,
            "handler": None,
            "config": ConfigEntry(file="config/config.exs", line=line, end_line=line).model_dump(),
            "options": Options().model_dump(),
            "verdict": verdict,
            "steps": [s.model_dump() for s in steps],
            "code_hash": f"hash of {worker}",
            **fields,
        }
    )


def application(folder: Path, *jobs: ClassifiedJob) -> Classification:
    """Write the app's config with one entry a line, and give the jobs their lines."""
    lines = ["import Config", "", "config :shop, Oban,", "  crontab: ["]
    placed = []
    for number, job in enumerate(jobs, 1):
        comma = "," if number < len(jobs) else ""
        lines.append(f'    {{"{job.schedule}", {job.worker}}}{comma}')
        entry = ConfigEntry(file="config/config.exs", line=len(lines), end_line=len(lines))
        placed.append(job.model_copy(update={"config": entry}))
    (folder / "config").mkdir(parents=True, exist_ok=True)
    (folder / "config/config.exs").write_text("\n".join([*lines, "  ]", ""]))
    return Classification(app="shop", env="prod", jobs=tuple(placed))


def decision(job: ClassifiedJob, **fields: object) -> Decision:
    return Decision.model_validate(
        {"code_hash": job.code_hash, "who": "Ann", "when": "2026-11-24", "why": "wanted", **fields}
    )


def planned(name: str = "cart_job", procedure_sql: str | None = None, **fields: object) -> PlannedJob:
    schedule = ScheduleVerdict(
        source="0 * * * *",
        dialect="oban",
        timezone="Etc/UTC",
        pg_cron="0 * * * *",
        guard=None,
        equal="proved",
        horizon="equal sets",
    )
    values: dict[str, object] = {
        "id": "oban:Shop.CartWorker",
        "worker": "Shop.CartWorker",
        "cron_name": "cronlift/shop/Shop.CartWorker",
        "schedule": schedule,
        "call": f"CALL public.{name}()",
        "command": f"CALL public.{name}()",
        "job_role": "app",
        "schema_name": "public",
        "procedure": name,
        "procedure_sql": procedure_sql
        or f"CREATE PROCEDURE public.{name}()\nLANGUAGE plpgsql AS $job$\nBEGIN\nEND\n$job$",
        "commits": False,
        "steps": (),
        "losses": (),
        "config_file": "config/config.exs",
        "config_line": 5,
        "hash": "0123abcd",
    }
    return PlannedJob.model_validate({**values, **fields})
