# reason: continues-after-error
defmodule Clinic.Workers.BatchAgainAfterAnError do
  use Oban.Worker

  alias Clinic.Repo

  @impl Oban.Worker
  def perform(_job) do
    batch()
    :ok
  end

  defp batch do
    case Repo.query("DELETE FROM visits WHERE id IN (SELECT id FROM visits WHERE room = 2 LIMIT 3)") do
      {:ok, %{num_rows: 0}} -> :ok
      {:ok, _} -> batch()
      {:error, _} -> batch()
    end
  end
end
