# verdict: needs_review
# reason: compile-hook
defmodule A.W do
  use A.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t")
end
# file: lib/macro.ex
defmodule A.Worker do
  defmacro __using__(_opts) do
    quote do
      use Oban.Worker
      @before_compile unquote(__MODULE__)
    end
  end
end
