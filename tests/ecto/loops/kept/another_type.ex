# reason: parameter-unknown
defmodule Clinic.Workers.AnotherType do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, select: v.id) |> Enum.each(fn id -> Repo.update_all(from(x in Visit, where: x.room == ^id), set: [room: 0]) end)
    :ok
  end
end
