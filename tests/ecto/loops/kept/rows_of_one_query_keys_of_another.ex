# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.RowsOfOneQueryKeysOfAnother do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @impl Oban.Worker
  def perform(_job) do
    visits = Repo.all(from v in Visit, where: v.room == 1)
    Repo.all(from b in Bill, where: b.state == :void) |> Enum.each(fn _ -> Enum.each(visits, &Repo.delete!/1) end)
    :ok
  end
end
