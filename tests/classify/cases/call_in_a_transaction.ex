# verdict: needs_review
# remark: routine-not-seen
# reason: tied-to-session
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    Repo.transaction(fn -> Repo.query!("CALL tidy(20)") end)
  end
end
