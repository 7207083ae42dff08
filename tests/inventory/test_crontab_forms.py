"""The ways real applications write a crontab: every entry found with its line, everything else listed."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from cronlift.errors import UsageError
from cronlift.model.job import Inventory
from cronlift.stages.inventory import inventory

REPO = "defmodule A.Repo do\n  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres\nend\n"


def application(folder: Path, files: dict[str, str]) -> Path:
    """An application with these files (path: text) and a mix.exs."""
    for name, text in {"mix.exs": "defmodule A.MixProject do\nend\n", "lib/repo.ex": REPO, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return folder


def found(inventory: Inventory) -> list[tuple[str | None, str, int]]:
    return [(j.schedule, j.worker, j.config.line) for j in inventory.jobs]


CRON = '{Oban.Plugins.Cron, crontab: [{"0 1 * * *", A.One}]}'
CONFIGS = {
    "literal": (
        f"import Config\nconfig :a, Oban, repo: A.Repo, plugins: [Oban.Plugins.Pruner, {CRON}]\n",
        [("0 1 * * *", "A.One", 2)],
    ),
    "variable": (
        """\
        import Config
        crontab = [
          # {"9 9 * * *", A.Commented},
          {"0 1 * * *", A.One},
          {"0 2 * * *", A.Two, args: %{n: 1}}
        ]
        config :a, Oban, plugins: [{Oban.Plugins.Cron, crontab: crontab, timezone: "Europe/Berlin"}]
        """,
        [("0 1 * * *", "A.One", 4), ("0 2 * * *", "A.Two", 5)],
    ),
    "concatenation with a condition the environment decides": (
        """\
        import Config
        extra = if config_env() == :prod, do: [{"0 2 * * *", A.Two}], else: [{"0 3 * * *", A.Three}]
        config :a, Oban, plugins: [{Oban.Plugins.Cron, crontab: [{"0 1 * * *", A.One}] ++ extra}]
        """,
        [("0 1 * * *", "A.One", 3), ("0 2 * * *", "A.Two", 2)],
    ),
    "old top-level key": (
        'import Config\nconfig :a, Oban, repo: A.Repo, queues: [], crontab: [{"0 1 * * *", A.One}]\n',
        [("0 1 * * *", "A.One", 2)],
    ),
    "newer service key": (
        'import Config\nconfig :a, Oban, repo: A.Repo, cron: [crontab: [{"0 1 * * *", A.One}]]\n',
        [("0 1 * * *", "A.One", 2)],
    ),
    "aliases": (
        """\
        import Config
        alias Oban.Plugins.Cron
        alias A.{One, Two}
        config :a, Oban, plugins: [{Cron, crontab: [{"0 1 * * *", One}, {"0 2 * * *", Two}]}]
        """,
        [("0 1 * * *", "A.One", 4), ("0 2 * * *", "A.Two", 4)],
    ),
    "own namespace of oban": (
        f"import Config\nconfig :oban, repo: A.Repo, queues: [default: 1], plugins: [{CRON}]\n",
        [("0 1 * * *", "A.One", 2)],
    ),
    "testing mode has no plugins": (
        f"import Config\nconfig :a, Oban, repo: A.Repo, testing: :manual, plugins: [{CRON}]\n",
        [],
    ),
    "words in a docstring are no entries": (
        'import Config\n# crontab: [{"* * * * *", A.No}]\nconfig :a, :text, "crontab: [{\\"* * * * *\\", A.No}]"\n',
        [],
    ),
    "merged options": (
        f"""\
        import Config
        base = [repo: A.Repo, queues: [default: 1]]
        config :a, Oban, Keyword.merge(base, plugins: [{CRON}])
        """,
        [("0 1 * * *", "A.One", 3)],
    ),
    "flattened lists": (
        """\
        import Config
        more = case config_env() do
          :prod -> [{"0 2 * * *", A.Two}]
          _ -> []
        end
        config :a, Oban, plugins: [{Oban.Plugins.Cron, crontab: List.flatten([{"0 1 * * *", A.One}], more)}]
        """,
        [("0 1 * * *", "A.One", 6), ("0 2 * * *", "A.Two", 3)],
    ),
    "set through the module": (
        f"import Config\nConfig.config(:a, Oban, repo: A.Repo, plugins: [{CRON}])\n",
        [("0 1 * * *", "A.One", 2)],
    ),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_config_forms(name: str, tmp_path: Path) -> None:
    text, expected = CONFIGS[name]
    result = inventory(application(tmp_path, {"config/config.exs": text}))
    assert found(result) == expected
    assert result.not_analysed == ()


def test_options_and_zone(tmp_path: Path) -> None:
    text, _ = CONFIGS["variable"]
    worker = """\
    defmodule A.Two do
      use Oban.Worker, queue: :slow, max_attempts: 3, unique: [period: 60]
      def perform(_), do: :ok
    end
    """
    result = inventory(application(tmp_path, {"config/config.exs": text, "lib/two.ex": worker}))
    job = result.jobs[1]
    assert job.timezone == "Europe/Berlin"
    assert (job.options.queue, job.options.max_attempts, job.options.args) == ("slow", 3, {"n": 1})
    assert job.options.unique == "[period: 60]"
    assert job.handler is not None and (job.handler.file, job.handler.line) == ("lib/two.ex", 3)
    assert result.jobs[0].handler is None


ENV_FILES = {
    "config/config.exs": f"""\
    import Config
    config :a, Oban, repo: A.Repo, plugins: [{CRON}]
    import_config "#{{config_env()}}.exs"
    """,
    "config/prod.exs": """\
    import Config
    config :a, Oban, plugins: [{Oban.Plugins.Cron, crontab: [{"0 5 * * *", A.Prod}]}]
    """,
    "config/test.exs": "import Config\nconfig :a, Oban, testing: :inline\n",
    "config/dev.exs": "import Config\n",
}


@pytest.mark.parametrize(
    ("env", "expected"),
    [("prod", [("0 5 * * *", "A.Prod", 2)]), ("dev", [("0 1 * * *", "A.One", 2)]), ("test", [])],
)
def test_environment_chooses(env: str, expected: list[tuple[str, str, int]], tmp_path: Path) -> None:
    assert found(inventory(application(tmp_path, ENV_FILES), env)) == expected


def test_open_condition_is_said(tmp_path: Path) -> None:
    text = f"""\
    import Config
    if System.get_env("CRON") do
      config :a, Oban, plugins: [{CRON}]
    end
    """
    result = inventory(application(tmp_path, {"config/runtime.exs": text}))
    assert [j.config.condition for j in result.jobs] == ['System.get_env("CRON")']


def test_crontab_in_the_application_module(tmp_path: Path) -> None:
    source = """\
    defmodule A.Application do
      use Application
      @hourly [{"0 * * * *", A.One}]

      def start(_type, _args) do
        children = [A.Repo, {Oban, repo: A.Repo, name: A.Jobs, plugins: [cron()]}]
        Supervisor.start_link(children, strategy: :one_for_one)
      end

      def cron do
        {Oban.Plugins.Cron, crontab: @hourly ++ daily()}
      end

      defp daily do
        [{"0 1 * * *", A.Two}]
      end
    end
    """
    result = inventory(application(tmp_path, {"lib/application.ex": source}))
    assert found(result) == [("0 * * * *", "A.One", 3), ("0 1 * * *", "A.Two", 15)]


def test_two_instances_and_one_worker_twice(tmp_path: Path) -> None:
    text = """\
    import Config
    config :a, Oban, repo: A.Repo, plugins: [
      {Oban.Plugins.Cron, crontab: [
        {"0 * * * *", A.One, args: %{type: "hourly"}},
        {"0 1 * * *", A.One, args: %{type: "daily"}}
      ]}
    ]
    config :a, A.Jobs, name: A.Jobs, repo: A.Repo, plugins: [{Oban.Plugins.Cron, crontab: [{"0 2 * * *", A.Two}]}]
    """
    result = inventory(application(tmp_path, {"config/config.exs": text}))
    assert [j.id for j in result.jobs] == ["oban:A.One/type=hourly", "oban:A.One/type=daily", "oban:A.Two"]
    assert [j.instance for j in result.jobs] == ["Oban", "Oban", "A.Jobs"]


def test_computed_plugins_are_said(tmp_path: Path) -> None:
    text = "import Config\nconfig :a, Oban, repo: A.Repo, plugins: Elsewhere.plugins()\n"
    result = inventory(application(tmp_path, {"config/config.exs": text}))
    assert [(n.line, n.why) for n in result.not_analysed] == [
        (2, "the list of plugins is computed: what it holds is looked for in the code")
    ]


SAID = {
    "a Quantum job with a task of its own": 'config :a, A.Scheduler, jobs: [\n  {"* * * * *", &run/0}]',
    "options from elsewhere": "config :a, Oban, Elsewhere.options()",
    "settings made in a loop": f"Enum.each([Oban], fn n ->\n  config :a, n, plugins: [{CRON}]\nend)",
    "a file brought in by code": 'Code.eval_file("config/cron.exs")',
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_not_followed_is_said(name: str, tmp_path: Path) -> None:
    result = inventory(application(tmp_path, {"config/config.exs": f"import Config\n{SAID[name]}\n"}))
    assert result.jobs == () and len(result.not_analysed) == 1


def test_a_crontab_that_nobody_read_is_said(tmp_path: Path) -> None:
    source = "defmodule A.M do\n  defmacro cron do\n    quote do: [{Oban.Plugins.Cron, crontab: []}]\n  end\nend\n"
    result = inventory(application(tmp_path, {"lib/m.ex": source, "config/config.exs": "import Config\n"}))
    assert [(n.file, n.line) for n in result.not_analysed] == [("lib/m.ex", 3)]


def test_configuration_outside_of_the_folder_is_said(tmp_path: Path) -> None:
    mix = 'defmodule A.MixProject do\n  def project, do: [config_path: "../../config/config.exs"]\nend\n'
    result = inventory(application(tmp_path, {"mix.exs": mix}))
    assert [(n.file, n.line) for n in result.not_analysed] == [("mix.exs", 2)]


CONDITIONS = {
    "plugins under a condition": (
        'plugins = if System.get_env("CRON"), do: [CRON], else: []\nconfig :a, Oban, plugins: plugins',
        "the if's do branch at line 2",
    ),
    "taken away under a condition": (
        "config :a, Oban, repo: A.Repo, plugins: [CRON]\n"
        'if System.get_env("NO") do\n  config :a, Oban, plugins: false\nend',
        'not (System.get_env("NO"))',
    ),
    "in both branches": (
        'ct = [{"0 1 * * *", A.One}]\nct = if System.get_env("X"), do: ct ++ [], else: ct\n'
        "config :a, Oban, plugins: [{Oban.Plugins.Cron, crontab: ct}]",
        None,
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions(name: str, tmp_path: Path) -> None:
    text, condition = CONDITIONS[name]
    text = "import Config\n" + text.replace("CRON]", f"{CRON}]") + "\n"
    result = inventory(application(tmp_path, {"config/config.exs": text}))
    assert [j.config.condition for j in result.jobs] == [condition]


def test_an_entry_that_nothing_would_run_is_doubted(tmp_path: Path) -> None:
    text = f"import Config\nconfig :a, Oban, repo: A.Repo, peer: false, queues: [slow: 1], plugins: [{CRON}]\n"
    (job,) = inventory(application(tmp_path, {"config/config.exs": text})).jobs
    assert len(job.notes) == 2


UNRESOLVED = {
    "computed list": "crontab: A.Somewhere.crontab()",
    "computed schedule": 'crontab: [{System.get_env("WHEN"), A.One}]',
    "computed worker": 'crontab: [{"* * * * *", worker()}]',
    "computed entry": "crontab: [A.entry()]",
}


@pytest.mark.parametrize("name", UNRESOLVED)
def test_what_cannot_be_resolved_is_listed(name: str, tmp_path: Path) -> None:
    text = f"import Config\nconfig :a, Oban, repo: A.Repo, plugins: [{{Oban.Plugins.Cron, {UNRESOLVED[name]}}}]\n"
    result = inventory(application(tmp_path, {"config/config.exs": text}))
    assert result.jobs == ()
    assert [(n.file, n.line) for n in result.not_analysed] == [("config/config.exs", 2)]


def test_dynamic_cron_is_recognised(tmp_path: Path) -> None:
    text = (
        'import Config\nconfig :a, Oban, plugins: [{Oban.Pro.Plugins.DynamicCron, crontab: [{"* * * * *", A.One}]}]\n'
    )
    result = inventory(application(tmp_path, {"config/config.exs": text}))
    assert result.jobs == () and "DynamicCron" in result.not_analysed[0].why


def test_syntax_error_is_listed_with_its_line(tmp_path: Path) -> None:
    result = inventory(application(tmp_path, {"config/config.exs": "import Config\nconfig :a, [\n"}))
    assert result.not_analysed[0].file == "config/config.exs"


def test_not_an_application(tmp_path: Path) -> None:
    application(tmp_path / "inner", {})
    with pytest.raises(UsageError) as raised:
        inventory(tmp_path)
    assert "not an Elixir application" in raised.value.what and "inner" in raised.value.do


def test_startup_jobs_and_enqueuers(tmp_path: Path) -> None:
    files = {
        "lib/application.ex": """\
        defmodule A.Application do
          use Application

          def start(_type, _args) do
            enqueue()
            Supervisor.start_link([A.Starter], strategy: :one_for_one)
          end

          defp enqueue, do: %{} |> A.One.new() |> Oban.insert()
        end
        """,
        "lib/starter.ex": """\
        defmodule A.Starter do
          use GenServer
          alias A.Two
          def start_link(_), do: GenServer.start_link(__MODULE__, nil)
          def init(_), do: {:ok, Oban.insert(Two.new(%{}))}
          def later, do: Oban.insert(A.Three.new(%{}))
        end
        """,
        "lib/workers.ex": "".join(
            f"defmodule A.{n} do\n  use Oban.Worker\n  def perform(_), do: :ok\nend\n" for n in ("One", "Two", "Three")
        ),
        "config/config.exs": f"import Config\nconfig :a, Oban, plugins: [{CRON}]\n",
    }
    result = inventory(application(tmp_path, files))
    assert [j.id for j in result.jobs] == ["oban:A.One", "startup:A.One", "startup:A.Two"]
    assert [str(p) for p in result.jobs[0].enqueued_by] == ["lib/application.ex:9"]
