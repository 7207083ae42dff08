# verdict: needs_review
# reason: conditional-sql
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.transaction(fn ->
      %{num_rows: n} = Repo.query!("DELETE FROM a")
      if n > 100, do: Repo.rollback(:too_many)
    end)
  end
end
