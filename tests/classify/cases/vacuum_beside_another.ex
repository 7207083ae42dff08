# verdict: needs_review
# reason: stands-alone
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    with {:ok, _} <- Repo.query("DELETE FROM t"), do: Repo.query("VACUUM t")
  end
end
