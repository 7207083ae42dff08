# statement: UPDATE "billing"."bills" AS b0 SET "tries" = 0, "paid_at" = NULL, "changed" = (now() AT TIME ZONE 'UTC') WHERE (b0."state" = 'sent') AND (b0."tries" IS DISTINCT FROM 0 OR b0."paid_at" IS NOT NULL)
defmodule Clinic.Workers.UpdateToNilOfPrefixedTable do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Bill

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from b in Bill, where: b.state == :sent) |> Enum.each(fn b -> Repo.update!(Ecto.Changeset.change(b, tries: 0, paid_at: nil)) end)
    :ok
  end
end
