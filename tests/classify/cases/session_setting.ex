# verdict: needs_review
# reason: tied-to-session
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    with {:ok, _} <- Repo.query("SET statement_timeout = 0"), do: Repo.query("DELETE FROM t")
  end
end
