# verdict: needs_review
# reason: unknown-call
defmodule A.W do
  use Oban.Worker

  def perform(_) do
    A.Repo.query!("DELETE FROM t")
    Enum.each([1], Application.get_env(:a, :handler))
  end
end
