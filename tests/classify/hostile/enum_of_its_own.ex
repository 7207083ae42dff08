# verdict: needs_review
# reason: custom-type
defmodule A.Level do
  use EctoEnum, low: 1, high: 2
  def dump(_), do: {:ok, 7}
end
defmodule A.Token do
  use Ecto.Schema
  schema "tokens" do
    field :level, A.Level
  end
end
defmodule A.W do
  use Oban.Worker
  import Ecto.Query
  def perform(_), do: A.Repo.delete_all(from t in A.Token, where: t.level == :high)
end
