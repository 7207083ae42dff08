# verdict: needs_review
# reason: unknown-call
# config: config :a, handler: System.get_env("T")
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.query!("DELETE FROM t")
    Enum.each([1], Application.get_env(:a, :handler))
  end
end
