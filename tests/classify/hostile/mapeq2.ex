# verdict: split
# reason: needs-app-file
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    if %{a: 1, b: 2} in [%{b: 2, a: 1}], do: File.rm!("x")
    Repo.query!("DELETE FROM a")
    :ok
  end

end
