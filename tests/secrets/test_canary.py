"""A password that is easy to find goes the whole way; afterwards it is looked for in every byte that was left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from databases import AppDatabase

FILES = {
    "mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\n  def project, do: [app: :shop]\nend\n",
    "config/config.exs": "import Config\n\nconfig :shop, ecto_repos: [Shop.Repo]\n\n"
    "config :shop, Oban,\n  repo: Shop.Repo,\n"
    '  plugins: [{Oban.Plugins.Cron, crontab: [{"*/15 * * * *", Shop.Baskets}]}]\n',
    "lib/shop.ex": "defmodule Shop.Repo do\n  use Ecto.Repo, otp_app: :shop, adapter: Ecto.Adapters.Postgres\nend\n"
    "defmodule Shop.Baskets do\n  use Oban.Worker\n  @impl true\n  def perform(_job) do\n"
    '    Shop.Repo.query!("DELETE FROM baskets WHERE touched < now()")\n    :ok\n  end\nend\n',
}
CANARY = "Kanarien/Vogel@7:x"


def test_a_password_is_found_nowhere(app_database: AppDatabase, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / name).write_text(text)
    app_database.execute("CREATE TABLE baskets (id int PRIMARY KEY, touched timestamptz NOT NULL)")
    rules = app_database.sandbox.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all canary scram-sha-256\n{before}")
    app_database.execute(
        f"CREATE ROLE canary LOGIN SUPERUSER PASSWORD '{CANARY}'; SELECT pg_reload_conf()", user="postgres"
    )
    host = quote(str(app_database.sandbox.socket), safe="")
    dsn = f"postgresql://canary:{quote(CANARY, safe='')}@/{app_database.name}?host={host}&port=5432"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    environment |= {"SHOP_DSN": dsn, "PGPASSWORD": CANARY + "2", "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "cronlift", "run", "--app", str(tmp_path / "shop"), "--run", str(tmp_path / "run")]
    seen: list[bytes] = []
    try:
        process = subprocess.Popen(
            [*command, "--dsn-env", "SHOP_DSN"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while process.poll() is None:
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(line.read_bytes())
                except OSError:
                    continue
            with app_database.admin() as connection:
                rows = connection.execute("SELECT query, application_name FROM pg_stat_activity").fetchall()
                # This test's own statements are the only ones that may name the role's password.
                seen += [str(row).encode() for row in rows]
            time.sleep(0.3)
        assert process.stdout is not None
        with process.stdout as stream:
            seen.append(stream.read())
        assert process.returncode == 0, seen[-1].decode()
        malformed = environment | {"SHOP_DSN": f"postgresql://canary:{CANARY}@@@/x?y"}
        refused = subprocess.run([*command, "--dsn-env", "SHOP_DSN"], env=malformed, capture_output=True, check=False)
        assert refused.returncode in (2, 3)
        seen += [refused.stdout, refused.stderr]
    finally:
        rules.write_text(before)
        app_database.execute("DROP ROLE canary; SELECT pg_reload_conf()", user="postgres")
    left = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(name.endswith("05_verify.ipynb") for name in left)
    for needle in (CANARY.encode(), quote(CANARY, safe="").encode(), b"Kanarien"):
        assert [name for name, data in left.items() if needle in data] == []
        assert not any(needle in data for data in seen)
