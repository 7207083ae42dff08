# verdict: needs_review
# reason: unknown-use
defmodule A.W do
  use A.Worker

  def perform(_), do: A.Repo.query("DELETE FROM t")
end
# file: lib/macro.ex
defmodule A.Worker do
  defmacro __using__(opts) do
    extra = File.read!("x")
    quote do
      use Oban.Worker
      @extra unquote(extra)
    end
  end
end
