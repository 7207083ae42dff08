# verdict: needs_review
# reason: conditional-sql
defmodule A.Hook do
  def run, do: :ok
end
defmodule A.W do
  use Oban.Worker

  def perform(_) do
    if function_exported?(A.Hook, :run, 0), do: A.Repo.query!("DELETE FROM a"), else: A.Repo.query!("DELETE FROM b")
    if Code.ensure_loaded?(Some.Library), do: A.Repo.query!("DELETE FROM c")
    :ok
  end
end
