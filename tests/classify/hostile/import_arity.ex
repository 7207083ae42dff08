# verdict: app_logic
# reason: needs-app-file
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  import A.A, only: [go: 1]
  import A.B
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    go()
    :ok
  end

end
defmodule A.A do
 def go, do: A.Repo.query!("DELETE FROM a")
 def go(_), do: 1
end
defmodule A.B do
 def go, do: File.rm!("x")
end
