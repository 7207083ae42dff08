# verdict: split
# reason: needs-app-shell
defmodule A.W do
  use Oban.Worker

  alias A.Repo

  def perform(%Oban.Job{args: args}) do
    if 1 in [1.0], do: :ok, else: System.cmd("ping", [])

    Repo.query!("DELETE FROM t")
    :ok
  end
end
