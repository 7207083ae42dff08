# verdict: needs_review
# statement: DELETE FROM a
# statement: DELETE FROM b
# A function that sends nothing after a failed statement (nothing is sent then) still sends where none has failed.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job) do
    case Repo.query("DELETE FROM a") do
      {:error, _reason} -> clear()
      {:ok, _result} -> :ok
    end

    clear()
    :ok
  end

  defp clear, do: Repo.query!("DELETE FROM b")
end
