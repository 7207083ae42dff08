# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.ChangedInBetween do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    visits = Repo.all(from v in Visit, where: v.status == "open")
    Repo.update_all(Visit, set: [status: "open"])
    Enum.each(visits, &Repo.delete!/1)
    :ok
  end
end
