# verdict: app_logic
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker

  alias A.Repo

  def perform(_job) do
    %{rows: rows} = Repo.query!("SELECT id FROM t")

    Enum.each(rows, fn [id] ->
      Req.delete!("https://example.com/#{id}")
      Repo.query!("DELETE FROM t WHERE id = $1", [id])
    end)
  end
end
