"""``--app``: jobs that the application's own scheduler still runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from clinic import Clinic

from cronlift.doctor.diagnose import diagnose

APP = {
    "mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n",
    "config/config.exs": """\
import Config
config :shop, ecto_repos: [Shop.Repo]
config :shop, Oban,
  repo: Shop.Repo,
  plugins: [{Oban.Plugins.Cron, crontab: [{"0 * * * *", Shop.PurgeWorker}, {"5 * * * *", Shop.CartReminderWorker}]}]
""",
    "lib/repo.ex": "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres\nend\n",
    "lib/workers.ex": """\
defmodule Shop.PurgeWorker do
  use Oban.Worker
  alias Shop.Repo

  @impl true
  def perform(_job) do
    Repo.query!("DELETE FROM cart WHERE expires_at <= NOW()", [])
    :ok
  end
end

defmodule Shop.CartReminderWorker do
  use Oban.Worker

  @impl true
  def perform(_job), do: File.write!("mail", "x")
end
""",
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    for name, text in APP.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_same_statement_or_name_in_both(clinic: Clinic, app: Path) -> None:
    clinic.database.execute(
        "CREATE TABLE cart (id int PRIMARY KEY, expires_at timestamptz NOT NULL);"
        "CREATE PROCEDURE purge() LANGUAGE sql AS 'DELETE FROM cart WHERE expires_at <= now()'"
    )
    same = clinic.put("CALL purge()", "carts")
    named = clinic.put("SELECT 1", "shop/cart-reminder")
    near = clinic.put("DELETE FROM cart WHERE expires_at < now() AND id > 5", "cart")
    found = diagnose(clinic.database.server, app)
    assert [f.check for f in clinic.of(found, same)] == ["still-in-app"]
    assert "sends the same statement" in clinic.of(found, same)[0].message
    assert "config/config.exs:5" in clinic.of(found, same)[0].message
    assert [f.check for f in clinic.of(found, named)] == ["still-in-app"]
    assert clinic.of(found, near) == []
    assert clinic.look().findings == ()
