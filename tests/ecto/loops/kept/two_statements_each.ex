# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.TwoStatementsEach do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> Repo.delete_all(from b in Bill, where: b.visit_id == ^v.id); Repo.delete!(v) end)
    :ok
  end
end
