# reason: parameter-unknown
defmodule Clinic.Workers.OnlyWhereThereAreRows do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    visits = Repo.all(from v in Visit, where: v.room == 1)
    if visits != [], do: Enum.each(visits, &Repo.delete!/1)
    :ok
  end
end
