defmodule DemoApp.Jobs.RagSetupWorker do
  @moduledoc "Start-up: makes retrieval ready (the model answers, and nothing lacks its embedding)."

  use Oban.Worker, queue: :embeddings, max_attempts: 5, unique: [period: 3600]

  alias DemoApp.CodeIndex
  alias DemoApp.Embeddings
  alias DemoApp.Templates

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, [_vector]} <- Embeddings.embed(["ready?"]),
         {:ok, _templates} <- Templates.embed_missing(),
         {:ok, _chunks} <- CodeIndex.embed_missing() do
      :ok
    end
  end
end
