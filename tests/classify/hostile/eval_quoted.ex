# verdict: needs_review
# reason: module-not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  Code.eval_quoted(quote(do: 1), [], __ENV__)
  Module.eval_quoted(__MODULE__, quote(do: def(go(1), do: File.rm("x"))))
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    go(1)
    :ok
  end
  def go(_), do: Repo.query!("DELETE FROM a")
end
