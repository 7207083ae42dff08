# verdict: needs_review
# reason: module-not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    A.T.name(:a) |> then(&Repo.query!("DELETE FROM #{&1}"))
    :ok
  end

end
defmodule A.T do
  @names [a: "x", b: "y"]
  for {k, v} <- @names do
    def name(unquote(k)), do: unquote(v)
  end
  def name(_), do: "other"
end
