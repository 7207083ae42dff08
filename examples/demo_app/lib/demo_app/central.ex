defmodule DemoApp.Central do
  @moduledoc "Hands what was learnt here to the database that all installations share."

  import Ecto.Query

  alias DemoApp.CentralRepo
  alias DemoApp.Patterns.Pattern
  alias DemoApp.Repo

  @trusted 0.9

  @doc "Copies the patterns that are trusted; gives their number."
  def push_patterns do
    rows =
      from(p in Pattern,
        where: p.confidence >= @trusted,
        select: map(p, [:name, :confidence, :definition, :inserted_at, :updated_at])
      )
      |> Repo.all()

    {count, _} =
      CentralRepo.insert_all(Pattern, rows,
        on_conflict: {:replace, [:confidence, :definition, :updated_at]},
        conflict_target: :name
      )

    {:ok, count}
  end
end
