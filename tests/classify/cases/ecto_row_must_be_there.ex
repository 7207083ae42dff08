# verdict: needs_review
# reason: conditional-sql
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  import Ecto.Query

  # one!/1 raises where there is no row: what follows depends on data.
  def perform(_job) do
    Repo.one!(from s in "switches", where: s.name == "sweep", select: s.id)
    Repo.delete_all(from s in "sessions", where: s.expired)
    :ok
  end
end
