# verdict: needs_review
# reason: uniqueness-skips-ticks
defmodule A.W do
  use Oban.Worker, unique: [period: :infinity, states: [:executing] ++ [:completed]]

  def perform(_), do: A.Repo.query!("DELETE FROM t")
end
