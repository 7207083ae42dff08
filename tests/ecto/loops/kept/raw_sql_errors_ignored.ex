# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.RawSqlErrorsIgnored do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> Repo.query("DELETE FROM visits WHERE id = $1", [v.id]) end)
    :ok
  end
end
