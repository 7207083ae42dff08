# verdict: needs_review
# reason: repository-changed
# repo: def prepare_transaction(_, opts), do: {fn -> A.Repo.query!("DELETE FROM audit") end, opts}
defmodule A.W do
  use Oban.Worker

  def perform(_) do
    A.Repo.transaction(fn -> A.Repo.query!("DELETE FROM t") end)
  end
end
