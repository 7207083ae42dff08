# verdict: split
# reason: needs-app-http
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  import A.Rail
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    Repo.query("DELETE FROM a") ~>> fn _ -> A.Mail.send() end
    :ok
  end

end
defmodule A.Rail do
  def left ~>> f do
    case left do
      {:ok, v} -> f.(v)
      e -> e
    end
  end
end
defmodule A.Mail do
  def send, do: HTTPoison.post!("u", "b")
end
