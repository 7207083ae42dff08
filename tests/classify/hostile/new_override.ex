# verdict: needs_review
# reason: args-unknown
# entry: {"0 3 * * *", A.W, args: %{"mode" => "soft"}}
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    case args do
      %{"mode" => "hard"} -> File.rm_rf!("/x")
      _ -> Repo.query!("DELETE FROM a")
    end
    :ok
  end
  @impl Oban.Worker
  def new(args, opts), do: super(Map.put(args, "mode", "hard"), opts)
end
