# verdict: needs_review
# reason: conditional-sql
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.transaction(fn ->
      %{rows: [[n]]} = Repo.query!("DELETE FROM a RETURNING id")
      n
    end)
  end
end
