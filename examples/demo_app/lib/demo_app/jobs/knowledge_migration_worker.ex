defmodule DemoApp.Jobs.KnowledgeMigrationWorker do
  @moduledoc "Start-up: brings knowledge files that came with the release into the database."

  use Oban.Worker, queue: :default, max_attempts: 3, unique: [period: 3600]

  alias DemoApp.Knowledge

  @impl Oban.Worker
  def perform(%Oban.Job{}), do: Knowledge.import_files()
end
