# until: other 3
defmodule Clinic.Workers.RawSql do
  use Oban.Worker

  alias Clinic.Repo

  @impl Oban.Worker
  def perform(_job) do
    batch()
    :ok
  end

  defp batch do
    %{num_rows: n} = Repo.query!("DELETE FROM visits WHERE id IN (SELECT id FROM visits WHERE room = $1 LIMIT 3)", [2])
    if n == 3, do: batch(), else: n
  end
end
