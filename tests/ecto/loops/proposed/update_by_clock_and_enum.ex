# statement: UPDATE "patients" AS p0 SET "archived_at" = date_trunc('second', now() AT TIME ZONE 'UTC'), "kind" = 'senior', "updated_at" = (now() AT TIME ZONE 'UTC') WHERE ((p0."archived_at" IS NULL) AND (p0."score" > 20.0::float)) AND (p0."archived_at" IS DISTINCT FROM date_trunc('second', now() AT TIME ZONE 'UTC') OR p0."kind" IS DISTINCT FROM 'senior')
defmodule Clinic.Workers.UpdateByClockAndEnum do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.People.Patient

  @impl Oban.Worker
  def perform(_job) do
    now = DateTime.utc_now() |> DateTime.truncate(:second)
    Repo.all(from p in Patient, where: is_nil(p.archived_at) and p.score > 20.0)
    |> Enum.map(fn p -> {:ok, _} = Repo.update(Ecto.Changeset.change(p, %{archived_at: now, kind: :senior})) end)
    :ok
  end
end
