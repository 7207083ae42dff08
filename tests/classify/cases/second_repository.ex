# verdict: needs_review
# reason: second-repository
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job), do: A.Other.query("DELETE FROM t")
end

defmodule A.Other do
  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.Postgres
end
