# statement: UPDATE "rollups" AS r0 SET "what" = 'x', "n" = 11, "updated_at" = date_trunc('second', now() AT TIME ZONE 'UTC') WHERE (r0."n" > 10) AND (r0."what" IS DISTINCT FROM 'x' OR r0."n" IS DISTINCT FROM 11)
defmodule Clinic.Workers.StringAndNumberChange do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Ops.Rollup

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from r in Rollup, where: r.n > 10) |> Enum.each(fn r -> Repo.update!(Ecto.Changeset.change(r, what: "x", n: 11)) end)
    :ok
  end
end
