# verdict: needs_review
# reason: module-not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  for t <- ["a"] do
    defp clean(unquote(t)), do: File.rm_rf!("/tmp/x")
  end

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    clean("a")
  end
  defp clean(_), do: Repo.query!("DELETE FROM a")
end
