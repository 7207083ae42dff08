# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.JoinedRowsRepeat do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, join: b in Bill, on: b.visit_id == v.id) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end
