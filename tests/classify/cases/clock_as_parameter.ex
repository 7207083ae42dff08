# verdict: needs_review
# reason: parameter-type-unknown
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.query("DELETE FROM t WHERE at < $1", [DateTime.add(DateTime.utc_now(), -3600)])
  end
end
