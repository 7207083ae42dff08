# verdict: split
# reason: needs-app-file
# entry: {"0 3 * * *", A.W, args: %{a: 1, b: 2}}
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    if args == %{"b" => 2, "a" => 1}, do: File.rm!("x")
    Repo.query!("DELETE FROM a")
    :ok
  end

end
