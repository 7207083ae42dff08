# verdict: split
# reason: needs-app-shell
# entry: {"0 3 * * *", A.W, args: %{a: 1}}
defmodule A.W do
  use Oban.Worker

  alias A.Repo

  def perform(%Oban.Job{args: args}) do
    k = Application.get_env(:x, :k)

    case args do
      %{^k => _} -> System.cmd("ping", [])
      _ -> :ok
    end

    Repo.query!("DELETE FROM t")
    :ok
  end
end
