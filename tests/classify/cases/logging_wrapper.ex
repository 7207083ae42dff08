# verdict: pure_sql
# remark: routine-not-seen
# statement: SELECT cleanup()
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  require Logger

  @impl Oban.Worker
  def perform(%Oban.Job{}) do
    Logger.debug("starting")

    try do
      case A.Cache.cleanup() do
        {:ok, count} ->
          if count > 0, do: Logger.info("#{count} rows"), else: Logger.debug("nothing")
          :ok

        {:error, reason} ->
          Logger.error("failed", reason: inspect(reason))
          {:error, reason}
      end
    rescue
      e -> {:error, e}
    end
  end
end

defmodule A.Cache do
  alias A.Repo

  def cleanup do
    case Repo.query("SELECT cleanup()", []) do
      {:ok, %{rows: [[count]]}} -> {:ok, count}
      {:error, reason} -> {:error, reason}
    end
  end
end
