defmodule DemoApp.Patterns do
  @moduledoc """
  Framework patterns. The database holds the truth; readers in this node look into ETS, other services listen
  to the message bus, and the detector, a program of its own, reads JSON files.
  """

  import Ecto.Query

  alias DemoApp.Messaging
  alias DemoApp.Patterns.Pattern
  alias DemoApp.Patterns.Table
  alias DemoApp.Repo

  @trusted 0.7

  @doc "Brings ETS, the bus and the files in step with the database; gives the number of patterns."
  def sync do
    patterns =
      from(p in Pattern,
        where: p.confidence >= @trusted,
        order_by: p.name,
        select: map(p, [:name, :confidence, :definition])
      )
      |> Repo.all()

    with :ok <- Table.replace(patterns),
         :ok <- Messaging.publish("patterns.synced", patterns),
         :ok <- write_files(patterns) do
      {:ok, length(patterns)}
    end
  end

  defp write_files(patterns) do
    folder = Path.join(Application.fetch_env!(:demo_app, :data_dir), "patterns")
    File.mkdir_p!(folder)

    Enum.each(patterns, fn pattern ->
      File.write!(
        Path.join(folder, pattern.name <> ".json"),
        Jason.encode!(pattern, pretty: true)
      )
    end)
  end
end
