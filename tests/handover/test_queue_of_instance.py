"""The fence stands on the table that the configuration of the job's own Oban instance names."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "generate"))

from building import SCHEMA

from cronlift.model.decision import Decisions
from cronlift.stages.classify import classify
from cronlift.stages.generate import generate
from cronlift.stages.install import install

CRON = '{Oban.Plugins.Cron, crontab: [{"* * * * *", Shop.CleanupWorker}]}'
WORKER = """\
defmodule Shop.Repo do
  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres
end

defmodule Shop.CleanupWorker do
  use Oban.Worker
  def perform(_job) do
    Shop.Repo.query!("DELETE FROM cart WHERE expires_at <= NOW()", [])
    :ok
  end
end
"""
CONFIG = """\
import Config
config :shop, ecto_repos: [Shop.Repo]
"""
ONE = CONFIG + "config :shop, Oban, repo: Shop.Repo, prefix: {prefix}, queues: [default: 1], plugins: [" + CRON + "]\n"


@pytest.fixture
def shop(app_database, queue, tmp_path):
    app_database.execute(SCHEMA)
    app_database.execute(queue)
    for schema in ("private", "Other"):
        app_database.execute(f'CREATE SCHEMA "{schema}"; SET search_path = "{schema}"; {queue}')
    (tmp_path / "config").mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "mix.exs").write_text(
        "defmodule Shop.MixProject do\n  use Mix.Project\n"
        '  def project, do: [app: :shop, deps: [{:oban, "~> 2.19"}]]\nend'
    )
    (tmp_path / "lib/worker.ex").write_text(WORKER)
    return app_database


def planned(shop, app, config, more="", **named):
    (app / "config/config.exs").write_text(config)
    (app / "lib/application.ex").write_text(more)
    judged = classify(app, "prod")
    jobs = tuple(job.model_copy(update={"verdict": "pure_sql"}) for job in judged.jobs)
    return generate(judged.model_copy(update={"jobs": jobs}), app, shop.server, mode="managed", **named)


def relations(plan):
    return [(job.id, job.managed.relation) for job in plan.jobs], [(r.code, r.why) for r in plan.refused]


@pytest.mark.parametrize(
    ("prefix", "relation"),
    [('"private"', "private.oban_jobs"), ('"Other"', '"Other".oban_jobs'), ('"public"', "public.oban_jobs")],
)
def test_the_prefix_names_the_table(shop, tmp_path, prefix, relation):
    plan = planned(shop, tmp_path, ONE.replace("{prefix}", prefix))
    assert relations(plan) == ([("oban:Shop.CleanupWorker", relation)], [])
    install(plan, shop.server, apply=True)
    with shop.admin() as connection:
        fences = connection.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'zz_cronlift_fence'"
        ).fetchall()
    assert fences == [(relation.removeprefix("public."),)]


def test_a_later_file_may_hold_it(shop, tmp_path):
    config = ONE.replace("prefix: {prefix}, ", "") + 'import_config "#{config_env()}.exs"\n'
    (tmp_path / "config/prod.exs").write_text('import Config\nconfig :shop, Oban, prefix: "private"\n')
    assert relations(planned(shop, tmp_path, config))[0] == [("oban:Shop.CleanupWorker", "private.oban_jobs")]


def test_without_one_it_is_public(shop, tmp_path):
    plan = planned(shop, tmp_path, ONE.replace("prefix: {prefix}, ", ""))
    assert relations(plan)[0] == [("oban:Shop.CleanupWorker", "public.oban_jobs")]


STARTS = """\
defmodule Shop.Application do
  def start(_type, _args) do
    children = [{Oban, Keyword.put(Application.fetch_env!(:shop, Oban), :prefix, tenant())}]
    Supervisor.start_link(children, strategy: :one_for_one)
  end
end
"""


@pytest.mark.parametrize(
    ("prefix", "more"),
    [
        ('System.fetch_env!("PREFIX")', ""),
        ("false", ""),
        ('"private"', STARTS),
    ],
)
def test_a_computed_one_is_asked_about(shop, tmp_path, prefix, more):
    config = ONE.replace("{prefix}", prefix)
    plan = planned(shop, tmp_path, config, more)
    (found,), asked = relations(plan)[1], '"Other".oban_jobs, private.oban_jobs, public.oban_jobs: which of them is'
    assert found[0] == "several-queue-tables"
    assert found[1].startswith(asked)
    decisions = Decisions.model_validate(
        {"schema_version": 1, "jobs": {"oban:Shop.CleanupWorker": {
            "code_hash": classify(tmp_path, "prod").jobs[0].code_hash, "who": "Ann", "when": "2026-11-26",
            "why": "read on the server", "move": True, "queue_table": "private.oban_jobs"}}}
    )  # fmt: skip
    decided = planned(shop, tmp_path, config, more, decisions=decisions)
    assert relations(decided) == ([("oban:Shop.CleanupWorker", "private.oban_jobs")], [])


def test_a_table_that_is_not_there_is_no_reason_to_take_another(shop, tmp_path):
    plan = planned(shop, tmp_path, ONE.replace("{prefix}", '"gone"'))
    assert relations(plan)[1][0][0] == "other-queue-table"
    assert "says that its jobs are in gone.oban_jobs, and this database has" in relations(plan)[1][0][1]


def test_two_instances_with_one_worker_each_have_their_own(shop, tmp_path):
    config = CONFIG + (
        f"config :shop, Oban, repo: Shop.Repo, queues: [default: 1], plugins: [{CRON}]\n"
        'config :shop, Shop.Oban, name: Shop.Oban, repo: Shop.Repo, prefix: "private", queues: [default: 1], '
        f"plugins: [{CRON}]\n"
    )
    plan = planned(shop, tmp_path, config)
    found, refused = relations(plan)
    assert refused == []
    assert sorted(relation for _, relation in found) == ["private.oban_jobs", "public.oban_jobs"]
    assert [job.managed.siblings for job in plan.jobs] == [(), ()]
    assert [job.managed.cron_expr for job in plan.jobs] == [None, None]
