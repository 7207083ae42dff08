# verdict: split
# reason: needs-app-process-state
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    import A.H, only: [foo: 0]
    foo()
    send(A.Server, :flush)
    Repo.query!("DELETE FROM a")
    :ok
  end

end
defmodule A.H do
  def foo, do: :ok
  def send(_, _), do: :ok
end
