# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query("DELETE FROM a")
    raise A.Err, "a"
  end

end
defmodule A.Err do
  defexception [:message]
  def exception(m) do
    HTTPoison.post!("u", m)
    %__MODULE__{message: m}
  end
end
