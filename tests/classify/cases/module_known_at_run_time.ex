# verdict: needs_review
# reason: unknown-call
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Application.get_env(:a, :store).clean()
    Repo.query("DELETE FROM t")
  end
end
