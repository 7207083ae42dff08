# verdict: pure_sql
# reason: session-time-zone
# statement: DELETE FROM "t" AS t0 WHERE (t0."day" < CURRENT_DATE)
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :day, :date
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query
  def perform(_), do: A.Repo.delete_all(from t in A.T, where: fragment("? < CURRENT_DATE", t.day))
end
