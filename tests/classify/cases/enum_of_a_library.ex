# verdict: pure_sql
# statement: DELETE FROM "tokens" AS t0 WHERE (t0."status" != 'success')
# statement: DELETE FROM "tokens" AS t0 WHERE (t0."level" = 2)
# statement: DELETE FROM "tokens" AS t0 WHERE (t0."kind" = 'group')
defmodule A.Kinds do
  import EctoEnum
  defenum(Status, ["success", "pending"])
  defenum(Kind, :kind, [:person, :group])
end
defmodule A.Level do
  use EctoEnum, low: 1, high: 2
end
defmodule A.Token do
  use Ecto.Schema
  schema "tokens" do
    field :status, A.Kinds.Status
    field :kind, A.Kinds.Kind
    field :level, A.Level
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query

  def perform(_) do
    A.Repo.delete_all(from t in A.Token, where: t.status != :success)
    A.Repo.delete_all(from t in A.Token, where: t.level == :high)
    A.Repo.delete_all(from t in A.Token, where: t.kind == :group)
    :ok
  end
end
