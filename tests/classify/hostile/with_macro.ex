# verdict: needs_review
# reason: unknown-call
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    import A.Tx
    in_tx do
      Repo.query!("DELETE FROM a")
    end
    :ok
  end

end
defmodule A.Tx do
  defmacro in_tx(do: b), do: quote(do: A.Repo.transaction(fn -> unquote(b) end))
  def in_tx, do: :ok
end
