# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.SkipsLockedFew do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.transaction(fn ->
      Repo.all(from v in Visit, order_by: v.id, limit: 3, lock: "FOR UPDATE SKIP LOCKED") |> Enum.each(&Repo.delete!/1)
    end)
    :ok
  end
end
