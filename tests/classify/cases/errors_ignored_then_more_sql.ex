# verdict: needs_review
# reason: continues-after-error
# statement: DELETE FROM a
# statement: DELETE FROM b
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.query("DELETE FROM a")
    Repo.query("DELETE FROM b")
    :ok
  end
end
