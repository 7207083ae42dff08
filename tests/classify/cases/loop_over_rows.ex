# verdict: needs_review
# reason: sql-in-loop
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    %{rows: rows} = Repo.query!("SELECT id FROM t")
    Enum.each(rows, fn [id] -> Repo.query!("DELETE FROM u WHERE id = $1", [id]) end)
  end
end
