# verdict: needs_review
# reason: ecto-query
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  import Ecto.Query

  def perform(%Oban.Job{meta: meta}) do
    from(s in meta["table"], where: s.expired) |> Repo.delete_all()
    :ok
  end
end
