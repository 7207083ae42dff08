# verdict: pure_sql
# statement: DELETE FROM t
defmodule A.W do
  use Oban.Worker
  use A.Web, :store

  def perform(_), do: Repo.query("DELETE FROM t")
end
# file: lib/web.ex
defmodule A.Web do
  def store do
    quote do
      alias A.Repo
    end
  end

  defmacro __using__(which) when is_atom(which) do
    apply(__MODULE__, which, [])
  end
end
