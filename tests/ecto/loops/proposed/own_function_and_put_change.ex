# statement: UPDATE "doctors" AS d0 SET "on_call" = FALSE, "updated_at" = date_trunc('second', now() AT TIME ZONE 'UTC') WHERE (d0."on_call" = TRUE) AND (d0."on_call" IS DISTINCT FROM FALSE)
defmodule Clinic.Workers.OwnFunctionAndPutChange do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.People.Doctor

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from d in Doctor, where: d.on_call == true) |> Enum.each(&rest/1)
    :ok
  end

  defp rest(doctor) do
    doctor |> Ecto.Changeset.change() |> Ecto.Changeset.put_change(:on_call, false) |> Repo.update()
  end
end
