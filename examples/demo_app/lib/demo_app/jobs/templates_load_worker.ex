defmodule DemoApp.Jobs.TemplatesLoadWorker do
  @moduledoc "Start-up: loads the templates that are on disk, without asking their repository."

  use Oban.Worker, queue: :default, max_attempts: 3, unique: [period: 3600]

  alias DemoApp.Templates

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    with {:ok, _count} <- Templates.load(), do: :ok
  end
end
