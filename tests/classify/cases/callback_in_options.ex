# verdict: split
# reason: needs-app-file
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(job) do
    Ecto.Changeset.cast_assoc(job, :k, with: fn _, _ -> File.rm!("x") end)
    Repo.query!("DELETE FROM t")
  end
end
