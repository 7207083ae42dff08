# verdict: needs_review
# reason: parameter-unknown
# statement: DELETE FROM "t" AS t0 WHERE (t0."size" > $1)
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :size, :integer
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query
  def perform(_), do: A.Repo.delete_all(from t in A.T, where: t.size > ^System.get_env("SIZE"))
end
