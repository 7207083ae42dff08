# reason: query-options
defmodule Clinic.Workers.ErrorBecomesAField do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, where: v.room == 1)
    |> Enum.each(fn v -> Repo.delete(v, stale_error_field: :id) end)
    :ok
  end
end
