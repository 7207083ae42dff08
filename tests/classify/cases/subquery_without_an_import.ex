# verdict: pure_sql
# statement: DELETE FROM "t" AS t0 WHERE (t0."id" IN (SELECT st0."id" FROM "t" AS st0 WHERE (st0."size" > 3) LIMIT 10))
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :size, :integer
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query, only: [from: 2]

  def perform(_) do
    ids = from t in A.T, where: t.size > 3, select: t.id, limit: 10
    A.Repo.delete_all(from(t in A.T, where: t.id in subquery(ids)), timeout: :infinity, on_delete: :nothing)
  end
end
