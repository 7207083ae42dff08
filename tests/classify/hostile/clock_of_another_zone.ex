# verdict: needs_review
# reason: parameter-unknown
defmodule A.W do
  use Oban.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t WHERE at < $1::timestamp", [NaiveDateTime.local_now()])
end
