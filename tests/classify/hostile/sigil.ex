# verdict: needs_review
# reason: not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM a")
    ~h"x"
    :ok
  end
  def sigil_h(x, _), do: File.rm!(x)
end
