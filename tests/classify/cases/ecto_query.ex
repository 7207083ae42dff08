# verdict: needs_review
# reason: ecto-query
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  import Ecto.Query

  def perform(_job) do
    from(s in "sessions", where: s.expired) |> Repo.delete_all()
    :ok
  end
end
