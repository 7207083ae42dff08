# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.StreamRunLater do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    s = Repo.all(from v in Visit, where: v.room == 1) |> Stream.each(&Repo.delete!/1)
    Repo.update_all(Visit, set: [room: 1])
    Stream.run(s)
    :ok
  end
end
