# verdict: needs_review
# reason: snooze
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    case Repo.query!("DELETE FROM t") do
      %{num_rows: 0} -> {:snooze, 60}
      _ -> :ok
    end
  end
end
