# verdict: needs_review
# reason: unknown-use
# file: lib/kind.ex
defmodule A.Kind do
  defmacro __using__(opts) do
    table = System.get_env("T") || opts[:table]
    quote do
      def table, do: unquote(table)
    end
  end
end
# file: lib/worker.ex
defmodule A.W do
  use Oban.Worker
  use A.Kind, table: "t"
  def perform(_), do: A.Repo.query("DELETE FROM #{table()}")
end
