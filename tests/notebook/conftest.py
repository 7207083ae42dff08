"""A small application of two jobs: one that is only SQL, one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

FILES = {
    "mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n",
    "config/config.exs": """import Config

config :shop, ecto_repos: [Shop.Repo]

config :shop, Oban,
  repo: Shop.Repo,
  plugins: [
    {Oban.Plugins.Cron,
     crontab: [
       {"*/15 * * * *", Shop.Jobs.Baskets},
       {"0 3 * * *", Shop.Jobs.Mails}
     ]}
  ]
""",
    "lib/shop/repo.ex": """defmodule Shop.Repo do
  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres
end
""",
    "lib/shop/jobs/baskets.ex": """defmodule Shop.Jobs.Baskets do
  use Oban.Worker, queue: :maintenance

  @impl Oban.Worker
  def perform(_job) do
    Shop.Repo.query!("DELETE FROM baskets WHERE touched < now() - interval '30 days'")
    :ok
  end
end
""",
    "lib/shop/jobs/mails.ex": """defmodule Shop.Jobs.Mails do
  use Oban.Worker, queue: :mail

  @impl Oban.Worker
  def perform(_job) do
    System.cmd("sendmail", ["-t"])
    :ok
  end
end
""",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The application's folder."""
    for name, text in FILES.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "shop"
