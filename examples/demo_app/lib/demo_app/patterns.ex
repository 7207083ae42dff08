defmodule DemoApp.Patterns do
  @moduledoc """
  Framework patterns. The database holds the truth; readers in this node look into ETS, other services listen
  to the message bus, and the detector, a program of its own, reads JSON files.
  """

  import Ecto.Query

  alias DemoApp.Messaging
  alias DemoApp.Patterns.Observation
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

  @doc "A pattern seen within the last five minutes is trusted a little more; gives the number of patterns."
  def learn do
    seen =
      from(o in Observation,
        where: o.observed_at >= ago(5, "minute"),
        group_by: o.pattern_name,
        select: %{pattern_name: o.pattern_name, times: count(o.id)}
      )

    now = DateTime.utc_now() |> DateTime.truncate(:second)

    {count, _} =
      from(p in Pattern,
        join: s in subquery(seen),
        on: s.pattern_name == p.name,
        update: [
          set: [confidence: fragment("least(0.99, ? + 0.01 * ?)", p.confidence, s.times), updated_at: ^now]
        ]
      )
      |> Repo.update_all([])

    {:ok, count}
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
