# reason: unknown-call
defmodule Clinic.Workers.RowsStreamedAndTaken do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.room == 1) |> Stream.each(&Repo.delete!/1) |> Enum.take(2)
    :ok
  end
end
