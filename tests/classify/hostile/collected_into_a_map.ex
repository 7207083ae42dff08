# verdict: split
# reason: needs-app-shell
defmodule A.W do
  use Oban.Worker

  alias A.Repo

  def perform(%Oban.Job{args: args}) do
    m = for {k, v} <- [a: 1], into: %{}, do: {k, v}
    if is_map(m), do: System.cmd("ping", [])

    Repo.query!("DELETE FROM t")
    :ok
  end
end
