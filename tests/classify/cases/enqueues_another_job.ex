# verdict: app_logic
# reason: needs-app-enqueue
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    %{rows: rows} = Repo.query!("SELECT id FROM t")
    Enum.each(rows, fn [id] -> %{id: id} |> A.W.new() |> Oban.insert() end)
  end
end
