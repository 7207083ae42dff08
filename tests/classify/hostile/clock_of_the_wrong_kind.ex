# verdict: needs_review
# reason: parameter-type
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE at < $1::date", [DateTime.utc_now()])
end
