# reason: ecto-changeset
defmodule Clinic.Workers.ConstraintTurnedIntoAnError do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Ops.Rollup

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from r in Rollup, where: r.n > 1)
    |> Enum.each(fn r ->
      r |> Ecto.Changeset.change(what: "visits") |> Ecto.Changeset.unique_constraint([:day, :what]) |> Repo.update()
    end)
    :ok
  end
end
