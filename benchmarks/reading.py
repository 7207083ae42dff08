"""Reading an application against parsing all of it: ``python benchmarks/reading.py [--app DIR] [--files N …]``.

Prints, for each application, the time of inventory + classify as a part of one full tree-sitter parse of the same files
in the same process, and the highest memory use. Without ``--app`` applications of several sizes are made: one worker in
twenty files, the others modules such as applications have (schemas, contexts, controllers).
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tree_sitter
import tree_sitter_elixir

from cronlift.elixir.project import Project
from cronlift.stages.classify import classify

WORKER = """\
defmodule A.Worker{n} do
  use Oban.Worker, queue: :default, max_attempts: 3
  alias A.{{Repo, Context{n}}}
  require Logger

  @impl Oban.Worker
  def perform(%Oban.Job{{args: %{{"mode" => mode}}}}) do
    case Context{n}.clean(mode) do
      {{:ok, %{{num_rows: count}}}} -> Logger.info("removed #{{count}} rows")
      {{:error, reason}} -> {{:error, reason}}
    end
  end

  def perform(_job), do: Context{n}.clean("all")
end
"""
MODULE = """\
defmodule A.Context{n} do
  alias A.Repo
  import Ecto.Query

  @doc "Removes what has expired."
  def clean("all"), do: Repo.query("DELETE FROM table_{n} WHERE expires_at < now()")
  def clean(_), do: Repo.query("DELETE FROM table_{n} WHERE expires_at < now() - interval '1 day'")

{functions}end
"""
FUNCTION = """\
  def list_{i}(params) do
    query = from(t in "table", where: t.owner_id == ^params["owner"], order_by: [desc: t.inserted_at])

    query
    |> Repo.all()
    |> Enum.map(fn row -> %{{id: row.id, name: String.trim(row.name), score: row.score * {i} + 1}} end)
    |> Enum.reject(&is_nil(&1.name))
  end

"""
MIX = 'defmodule A.MixProject do\n  use Mix.Project\n  def project, do: [app: :a, elixirc_paths: ["lib"]]\nend\n'


def make(folder: Path, files: int) -> Path:
    """An application with about so many files."""
    (folder / "lib" / "a").mkdir(parents=True)
    (folder / "config").mkdir()
    (folder / "mix.exs").write_text(MIX)
    (folder / "lib" / "repo.ex").write_text(
        "defmodule A.Repo do\n  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres\nend\n"
    )
    workers = files // 20
    functions = "".join(FUNCTION.format(i=i) for i in range(12))
    for n in range(files - workers):
        (folder / "lib" / "a" / f"context_{n}.ex").write_text(MODULE.format(n=n, functions=functions))
    for n in range(workers):
        (folder / "lib" / "a" / f"worker_{n}.ex").write_text(WORKER.format(n=n))
    entries = ",\n".join(
        f'  {{"{n % 60} * * * *", A.Worker{n}, args: %{{mode: "old"}}}}' for n in range(min(workers, 60))
    )
    (folder / "config" / "config.exs").write_text(
        "import Config\nconfig :a, ecto_repos: [A.Repo]\n"
        "config :a, Oban, repo: A.Repo, queues: [default: 1], plugins: [{Oban.Plugins.Cron, crontab: [\n"
        f"{entries}\n]}}]\n"
    )
    return folder


def parse_all(app: Path) -> tuple[int, float]:
    """Number of files and seconds of one plain tree-sitter parse of every source file."""
    project = Project(app)
    files = [f for suffix in (".ex", ".exs") for f in project.files(suffix)]
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_elixir.language()))
    started = time.perf_counter()
    for file in files:
        parser.parse((app / file).read_bytes())
    return len(files), time.perf_counter() - started


def measure(app: Path) -> None:
    """Print one line for an application."""
    files, full = parse_all(app)
    started = time.perf_counter()
    jobs = classify(app, project=Project(app)).jobs
    ours = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{app.name:40} {files:6} files {len(jobs):4} jobs  parse {full:6.2f} s  read and judged {ours:6.2f} s  "
        f"ratio {ours / full:5.2f}  peak {peak:4.0f} MB",
        flush=True,
    )


def main() -> None:
    """Measure the applications named, or made ones; each in a process of its own, so that memory is its own."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--app", type=Path, action="append", default=[])
    options.add_argument("--files", type=int, nargs="*", default=[500, 1300, 4000])
    options.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.here:
        measure(chosen.here)
        return
    with tempfile.TemporaryDirectory() as folder:
        apps = chosen.app or [make(Path(folder) / f"made_{n}", n) for n in chosen.files]
        for app in apps:
            subprocess.run([sys.executable, __file__, "--here", str(app)], check=True)


if __name__ == "__main__":
    main()
