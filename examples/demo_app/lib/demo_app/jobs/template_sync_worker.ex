defmodule DemoApp.Jobs.TemplateSyncWorker do
  @moduledoc "Pulls the prompt templates' repository, checks them and takes them over, at two in the morning."

  use Oban.Worker, queue: :maintenance, max_attempts: 3

  require Logger

  alias DemoApp.Templates

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, count} <- Templates.sync() do
      Logger.info("templates: #{count} up to date")
      :ok
    end
  end
end
