# verdict: needs_review
# reason: not-understood
defmodule A.W do
  use A.Worker, table: "t"

  def perform(_), do: A.Repo.query("DELETE FROM #{table()}")
end
# file: lib/macro.ex
defmodule A.Worker do
  defmacro __using__(opts) do
    quote do
      use Oban.Worker
      def table, do: unquote(String.upcase(opts[:table]))
    end
  end
end
