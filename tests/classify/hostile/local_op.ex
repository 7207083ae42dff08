# verdict: app_logic
# reason: needs-app-file
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  import Kernel, except: [<>: 2]
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query!("DELETE FROM " <> "a")
    :ok
  end
  def a <> b, do: File.read!(b)
end
