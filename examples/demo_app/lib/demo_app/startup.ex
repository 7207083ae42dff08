defmodule DemoApp.Startup do
  @moduledoc """
  Work that is due once after every boot. It goes through Oban, so that it is retried and seen in one place.
  """

  require Logger

  alias DemoApp.Jobs.CodeIngestWorker
  alias DemoApp.Jobs.KnowledgeMigrationWorker
  alias DemoApp.Jobs.PlanningSeedWorker
  alias DemoApp.Jobs.RagSetupWorker
  alias DemoApp.Jobs.TemplatesLoadWorker

  @doc "Enqueues the five start-up jobs, unless the configuration says not to (as in tests)."
  def enqueue do
    if Application.get_env(:demo_app, :enqueue_at_boot, true) do
      knowledge_migration() |> note("knowledge migration")
      templates_load() |> note("templates load")
      code_ingest() |> note("code ingest")
      planning_seed() |> note("planning seed")
      rag_setup() |> note("retrieval set-up")
    end

    :ok
  end

  defp knowledge_migration do
    %{}
    |> KnowledgeMigrationWorker.new()
    |> Oban.insert()
  end

  defp templates_load do
    %{}
    |> TemplatesLoadWorker.new()
    |> Oban.insert()
  end

  defp code_ingest do
    %{}
    |> CodeIngestWorker.new(schedule_in: 60)
    |> Oban.insert()
  end

  defp planning_seed do
    %{}
    |> PlanningSeedWorker.new()
    |> Oban.insert()
  end

  # Last: it wants the templates and the source to be there.
  defp rag_setup do
    %{}
    |> RagSetupWorker.new(schedule_in: 300)
    |> Oban.insert()
  end

  defp note({:ok, %Oban.Job{id: id}}, name),
    do: Logger.info("boot: #{name} enqueued as job #{id}")

  defp note({:error, reason}, name),
    do: Logger.error("boot: #{name} not enqueued: #{inspect(reason)}")
end
