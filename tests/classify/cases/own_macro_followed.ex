# verdict: pure_sql
# loss: retries
# statement: DELETE FROM t WHERE n < 3
defmodule A.W do
  use A.Worker, queue: :slow, max_attempts: 5

  def run(_args), do: Repo.query("DELETE FROM t WHERE n < $1", [@few])
end
# file: lib/macro.ex
defmodule A.Worker do
  @moduledoc "What all workers have."
  alias A.Repo, as: Store

  defmacro __using__(opts) do
    quote do
      use Oban.Worker, unquote(opts)
      alias A.Repo
      require Logger
      @behaviour A.Worker
      @few 3

      @impl Oban.Worker
      def perform(%Oban.Job{args: args}) do
        Logger.info("starts")
        run(args)
      end
    end
  end

  @callback run(map()) :: term()
end
