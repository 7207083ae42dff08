"""A run folder as a finished run leaves it, made from the records alone: hostile names included."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cronlift.model.effect import Effect
from cronlift.model.installation import Action, Installation
from cronlift.model.job import ConfigEntry, Handler, Inventory, Job, NotAnalysed
from cronlift.model.plan import Migration, Plan, PlannedJob, Refused, ScheduleVerdict, Target
from cronlift.model.verdict import Classification, ClassifiedJob, Loss, Reason, Step
from cronlift.model.verification import Check, Verification, VerifiedJob
from cronlift.record.close import close
from cronlift.record.manifest import Inputs
from cronlift.record.run_folder import RunFolder

HOSTILE = "<script>alert(1)</script>"
STARTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def job(name: str, schedule: str | None = "0 * * * *", line: int = 1) -> Job:
    """An inventory's job."""
    worker = f"Shop.Jobs.{name}"
    return Job(
        id=f"oban:{worker}",
        source="oban",
        kind="cron" if schedule else "startup",
        schedule=schedule,
        worker=worker,
        handler=Handler(module=worker, function="perform", arity=1, file=f"lib/{name.lower()}.ex", line=5),
        config=ConfigEntry(file="config/config.exs", line=line, end_line=line),
    )


def classified(found: Job, verdict: str, text: str = "because") -> ClassifiedJob:
    """The same job with a verdict."""
    sql = "DELETE FROM baskets WHERE touched < now() - interval '30 days'"
    steps = (
        Step(sql=sql, text=sql, file="lib/shop/baskets.ex", line=9, end_line=9, repo="Shop.Repo", command="DELETE"),
    )
    return ClassifiedJob(
        **dict(found),
        verdict=verdict,  # type: ignore[arg-type]
        reasons=(Reason(code="x", text=text, file="lib/a.ex", line=3),),
        effects=(Effect(kind="http", what="Req.get/1", file="lib/a.ex", line=3, path=("Shop.a/0",)),),
        steps=steps if verdict == "pure_sql" else (),
        statements=(sql,) if verdict == "pure_sql" else (),
        losses=(Loss(code="log", text="a log line", file="lib/a.ex", line=4),),
    )


def planned(judged: ClassifiedJob) -> PlannedJob:
    """Its way into the database."""
    return PlannedJob(
        id=judged.id,
        worker=judged.worker,
        cron_name="shop/baskets-cleanup",
        schedule=ScheduleVerdict(
            source="0 * * * *", dialect="oban", timezone="Etc/UTC", pg_cron="0 * * * *", guard=None,
            equal="proved", horizon="every minute of 2026 to 2029",
        ),
        call="CALL shop.clean_baskets()",
        command="CALL shop.clean_baskets()",
        job_role="shop",
        schema_name="shop",
        procedure="clean_baskets",
        procedure_sql='CREATE PROCEDURE shop.clean_baskets() LANGUAGE sql AS $$ DELETE FROM "baskets" $$',
        commits=False,
        steps=judged.steps,
        losses=judged.losses,
        config_file="config/config.exs",
        config_line=1,
        hash="ab" * 32,
    )  # fmt: skip


@pytest.fixture
def finished(tmp_path: Path) -> RunFolder:
    """One moved, one split, one that stays, two for review (one refused), one at start-up, one not analysed."""
    folder = RunFolder(tmp_path / "runs" / "1")
    jobs = [
        job("Baskets"), job("Report", line=2), job("Mails", line=3), job(HOSTILE, line=4), job("Odd", line=5),
        job("Boot", None, line=6),
    ]  # fmt: skip
    lost = (NotAnalysed(file="config/runtime.exs", line=7, why="the list comes from a function"),)
    verdicts = ["pure_sql", "split", "app_logic", "needs_review", "pure_sql", "startup"]
    judged = [classified(j, v, text=f"why {HOSTILE}") for j, v in zip(jobs, verdicts, strict=True)]
    plan = Plan(
        run_id="r1",
        app="shop",
        target=Target(
            system_identifier="7", server_version="15.1", database="shop", database_oid=1, cron_database="postgres",
            cron_database_oid=2, pg_cron_version="1.4", cron_timezone="GMT", app_role="shop", search_path=("public",),
        ),
        jobs=(planned(judged[0]),),
        refused=(Refused(id=judged[4].id, code="schedule", why="fires at other instants"),),
        up_sql="CREATE PROCEDURE shop.clean_baskets() …;\n",
        down_sql="DROP PROCEDURE shop.clean_baskets();\n",
        migration=Migration(file="priv/repo/migrations/1_move.exs", text="defmodule Shop.Move do\nend\n"),
        patch="--- a/config/config.exs\n+++ b/config/config.exs\n",
    )  # fmt: skip
    actions = (
        Action(database="shop", object="procedure", name="shop.clean_baskets()", job=jobs[0].id, state="created"),
    )
    checks = (
        Check(name="catalog", status="passed", text="as planned"),
        Check(name="double_run", status="warning", text="the application still runs it", evidence=("config.exs:1",)),
    )
    folder.write_document(Inventory(run_id="r1", app="shop", env="prod", jobs=tuple(jobs), not_analysed=lost))
    folder.write_document(Classification(run_id="r1", app="shop", env="prod", jobs=tuple(judged), not_analysed=lost))
    folder.write_document(plan)
    folder.write_document(Installation(run_id="r1", plan_hash=plan.hash, applied=True, actions=actions))
    verified = (VerifiedJob(id=jobs[0].id, cron_name="shop/baskets-cleanup", checks=checks),)
    folder.write_document(Verification(run_id="r1", plan_hash=plan.hash, installed=True, jobs=verified))
    folder.write_evidence({"next": "2026-01-02T04:00:00+00:00"})
    with folder.writing():
        close(folder, inputs=Inputs(app="shop", app_revision="f" * 40, env="prod"), run_id="r1", started=STARTED)
    return folder
