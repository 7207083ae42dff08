# verdict: needs_review
# reason: module-not-understood
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  def clean, do: (Repo.query!("DELETE FROM a"); :ok)
  defoverridable clean: 0
  def clean, do: (File.rm_rf!("/tmp/x"); :ok)

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    :ok = clean()
  end

end
