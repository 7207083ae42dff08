defmodule DemoApp.Application do
  @moduledoc false

  use Application

  @impl true
  def start(_type, _args) do
    children = [
      DemoApp.Repo,
      DemoApp.CentralRepo,
      DemoApp.Telemetry.Buffer,
      DemoApp.Feedback.Scoreboard,
      DemoApp.CodeAnalysis.Cache,
      DemoApp.Patterns.Table,
      DemoApp.Messaging,
      {Registry, keys: :unique, name: DemoApp.Agents.Registry},
      {DynamicSupervisor, name: DemoApp.Agents.Supervisor},
      {Oban, Application.fetch_env!(:demo_app, Oban)}
    ]

    with {:ok, pid} <-
           Supervisor.start_link(children, strategy: :one_for_one, name: DemoApp.Supervisor) do
      DemoApp.Startup.enqueue()
      {:ok, pid}
    end
  end
end
