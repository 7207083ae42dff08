"""Least privilege: a bare role, given exactly what cronlift prints, goes the whole way; in both set-ups."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml
from building import SCHEMA
from catalogue import named

from cronlift.commands.main import main
from cronlift.model.installation import Installation
from cronlift.model.plan import Plan
from cronlift.model.verdict import Classification
from cronlift.model.verification import Verification
from cronlift.notebook import stage
from cronlift.notebook.parameters import InventoryParameters
from cronlift.record.run_folder import RunFolder

ROLE = "bare"
APP = {
    "mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n",
    "config/config.exs": "import Config\nconfig :shop, ecto_repos: [Shop.Repo]\nconfig :shop, Oban, repo: Shop.Repo, "
    'plugins: [{Oban.Plugins.Cron, crontab: [{"0 1 * * *", Shop.CleanupWorker}, {"0 2 * * *", Shop.ViewWorker}]}]\n',
    "lib/repo.ex": "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres\nend\n",
    "lib/workers.ex": """\
defmodule Shop.CleanupWorker do
  use Oban.Worker
  @impl true
  def perform(_job) do
    Shop.Repo.query!("DELETE FROM cart WHERE expires_at <= NOW()", [])
    :ok
  end
end
defmodule Shop.ViewWorker do
  use Oban.Worker
  @impl true
  def perform(_job) do
    Shop.Repo.query!("REFRESH MATERIALIZED VIEW hot_item", [])
    :ok
  end
end
""",
}
OBAN = """
CREATE TABLE oban_jobs (id bigserial PRIMARY KEY, worker text, args jsonb, state text, meta jsonb,
  attempted_at timestamp, completed_at timestamp);
"""


@pytest.fixture
def shop(app_database, tmp_path, monkeypatch):
    """Tables of the role ``app``; a role that may log in and nothing else, not even what PUBLIC may."""
    app_database.execute(SCHEMA + OBAN)
    for name, text in APP.items():
        (tmp_path / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    with app_database.admin() as connection:
        connection.execute(f"DROP ROLE IF EXISTS {ROLE}")
        connection.execute(f"CREATE ROLE {ROLE} LOGIN")
        connection.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
        connection.execute("GRANT USAGE ON SCHEMA public TO app")
    yield app_database
    for database in {app_database.name, app_database.sandbox.cron_database}:
        with app_database.admin(database) as connection:
            connection.execute("DELETE FROM cron.job" if database == app_database.sandbox.cron_database else "SELECT")
            connection.execute(f"DROP OWNED BY {ROLE}")
    with app_database.admin() as connection:
        connection.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        connection.execute(f"DROP ROLE {ROLE}")


class Pasting:
    """Runs commands as the bare role, and pastes what they print into psql as a superuser until they succeed."""

    def __init__(self, shop, capsys, monkeypatch) -> None:
        self.shop, self.capsys, self.monkeypatch = shop, capsys, monkeypatch
        self.pasted: list[str] = []

    def run(self, *arguments: str, enough: int = 0) -> str:
        for _ in range(8):
            self.monkeypatch.setenv("PGUSER", ROLE)
            code = main(list(arguments))
            printed = "".join(self.capsys.readouterr())
            statements = list(dict.fromkeys(self.statements(printed)))
            if code == enough and not statements:
                return printed
            assert statements, printed
            self.paste(statements)
        raise AssertionError(f"{arguments}: no end of grants: {self.pasted}")

    def statements(self, printed: str) -> list[str]:
        """What a reader would paste: GRANTs, and the lines that say where."""
        flat = re.sub(r"\s*\n\s+", " ", printed)
        return re.findall(r"\\connect \S+(?= GRANT)|^\\connect \S+$|GRANT [^;\n]+;", flat, re.MULTILINE)

    def paste(self, lines: list[str]) -> None:
        self.pasted += lines
        environment = self.shop.sandbox.environment
        options = ["-h", environment["PGHOST"], "-p", environment["PGPORT"], "-U", "postgres", "-d", self.shop.name]
        done = subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *options],
            input="\n".join(lines),
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, f"{lines}: {done.stderr}"


@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
def test_a_bare_role_with_exactly_the_printed_grants(shop, capsys, monkeypatch, tmp_path):
    bare = Pasting(shop, capsys, monkeypatch)
    database = ["--cron-database", shop.sandbox.cron_database]

    # The decision: the jobs run as the bare role.
    assert main(["classify", "--app", "shop", "--json"]) == 0
    judged = Classification.model_validate_json(capsys.readouterr().out)
    decisions = {
        "schema_version": 1,
        "jobs": {
            job.id: {"code_hash": job.code_hash, "who": "Ann", "when": "2026-11-26", "why": "test", "job_role": ROLE}
            for job in judged.jobs
        },
    }
    (tmp_path / "decisions.yaml").write_text(yaml.safe_dump(decisions))

    printed = bare.run("generate", "--app", "shop", "--run", "run", "--decisions", "decisions.yaml", *database)
    plan = RunFolder("run").read(Plan)
    assert [job.job_role for job in plan.jobs] == [ROLE, ROLE], printed
    empty = named(shop, plan)

    printed = bare.run("install", "--run", "run", *database)
    assert "NO" not in printed.split("DATABASE")[-1].split()
    bare.run("install", "--run", "run", "--apply", "--plan-hash", plan.hash, *database)
    done = RunFolder("run").read(Installation)
    assert [a.state for a in done.actions] == ["created"] * 4
    assert {entry[4] for entry in named(shop, plan)["entries"]} == {ROLE}

    bare.run("verify", "--run", "run", *database, enough=4)  # the real run is pending
    verified = RunFolder("run").read(Verification)
    assert {c.status for job in verified.jobs for c in job.checks if c.name in ("catalog", "schedule")} == {"passed"}

    bare.run("rollback", "--run", "run", "--apply", *database)
    assert named(shop, plan)["entries"] == []
    before = {p[1] for p in empty["procedures"]}
    assert {p[1] for p in named(shop, plan)["procedures"]} == before

    assert not any("SUPERUSER" in statement for statement in bare.pasted)
    grants = [statement for statement in bare.pasted if statement.startswith("GRANT")]
    assert len(grants) == len(set(grants))  # nothing was asked for twice


def test_what_the_scheduler_recorded_is_read_with_the_printed_grant(shop, monkeypatch, tmp_path):
    from cronlift.errors import ServerError

    shop.execute(f"GRANT USAGE ON SCHEMA public TO {ROLE}", user="postgres")
    monkeypatch.setenv("PGUSER", ROLE)
    monkeypatch.setenv("SHOP_DSN", f"dbname={shop.name}")
    given = {
        "app": str(tmp_path / "shop"),
        "run": str(tmp_path / "run"),
        "env": "prod",
        "service": "",
        "dsn_env": "SHOP_DSN",
        "run_id": "",
    }
    params = InventoryParameters.model_validate(given)
    with pytest.raises(ServerError) as refused:
        stage.inventory(params)
    assert refused.value.do.endswith(f"GRANT SELECT ON public.oban_jobs TO {ROLE};")
    shop.execute(refused.value.do.rpartition(": ")[2], user="postgres")
    assert len(stage.inventory(params).jobs) == 2


@pytest.mark.parametrize("app_database", ["separate", "own"], indirect=True)
def test_each_right_is_asked_for_by_name(shop, capsys, monkeypatch, tmp_path):
    """Taken away one by one, each right is missed before anything is changed, and printed."""
    bare = Pasting(shop, capsys, monkeypatch)
    bare.paste([f"GRANT USAGE ON SCHEMA public TO {ROLE};", f"GRANT pg_read_all_settings TO {ROLE};"])
    with shop.admin() as connection:
        connection.execute(f"ALTER TABLE cart OWNER TO {ROLE}")
        connection.execute(f"ALTER MATERIALIZED VIEW hot_item OWNER TO {ROLE}")
    database = ["--cron-database", shop.sandbox.cron_database]
    bare.run("generate", "--app", "shop", "--run", "run", *database)
    plan = RunFolder("run").read(Plan)
    before = named(shop, plan)
    assert main(["install", "--run", "run", "--apply", *database]) == 3
    said = capsys.readouterr().err
    assert "nothing was changed" in said
    wanted = [f"GRANT CREATE ON SCHEMA public TO {ROLE};", f"GRANT USAGE ON SCHEMA cron TO {ROLE};"]
    if plan.target.split:
        wanted.append(
            f"GRANT EXECUTE ON FUNCTION cron.schedule_in_database(text, text, text, text, text, boolean) TO {ROLE};"
        )
    assert [line for line in bare.statements(said) if not line.startswith("\\connect")] == wanted
    assert named(shop, plan) == before
    bare.paste([f"\\connect {plan.target.cron_database}", wanted[1]])
    assert main(["install", "--run", "run", *database]) == 0  # a look is a look
    said = capsys.readouterr().out
    assert [line for line in bare.statements(said) if not line.startswith("\\connect")] == [wanted[0], *wanted[2:]]
    assert named(shop, plan)["procedures"] == before["procedures"]
    assert named(shop, plan)["entries"] == []
