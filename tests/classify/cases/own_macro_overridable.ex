# verdict: pure_sql
# statement: DELETE FROM t WHERE old
defmodule A.W do
  use A.Worker

  def condition, do: "old"
end
# file: lib/macro.ex
defmodule A.Worker do
  defmacro __using__(_opts) do
    quote location: :keep do
      use Oban.Worker
      def perform(_), do: A.Repo.query("DELETE FROM t WHERE #{condition()}")
      def condition, do: "true"
      defoverridable condition: 0
    end
  end
end
