# verdict: needs_review
# reason: conditional-sql
# statement: DELETE FROM a
# statement: ANALYZE a
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    %{num_rows: n} = Repo.query!("DELETE FROM a")
    if n > 0, do: Repo.query!("ANALYZE a")
    :ok
  end
end
