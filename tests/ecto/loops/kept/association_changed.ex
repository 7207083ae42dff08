# reason: ecto-changeset
defmodule Clinic.Workers.AssociationChanged do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.room == 1)
    |> Enum.each(fn v -> Repo.update!(Ecto.Changeset.change(v, bill: nil)) end)
    :ok
  end
end
