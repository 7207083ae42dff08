# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.SameRowsTwice do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    visits = Repo.all(from v in Visit, where: v.room == 1)
    Enum.each(visits, fn v -> Repo.update!(Ecto.Changeset.change(v, room: 2)) end)
    Enum.each(visits, &Repo.delete!/1)
    :ok
  end
end
