# reason: parameter-unknown
defmodule Clinic.Workers.OneOfTwoQueries do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    visits = if System.get_env("X"), do: Repo.all(Visit), else: Repo.all(from v in Visit, where: v.room == 1)
    Enum.each(visits, &Repo.delete!/1)
    :ok
  end
end
