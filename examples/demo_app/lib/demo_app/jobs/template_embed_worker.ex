defmodule DemoApp.Jobs.TemplateEmbedWorker do
  @moduledoc "Computes embeddings for templates that have none, on Sunday at five."

  use Oban.Worker, queue: :embeddings, max_attempts: 3

  require Logger

  alias DemoApp.Templates

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, count} <- Templates.embed_missing() do
      Logger.info("templates: #{count} embedded")
      :ok
    end
  end
end
