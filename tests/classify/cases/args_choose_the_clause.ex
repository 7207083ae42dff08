# verdict: pure_sql
# statement: DELETE FROM a
# entry: {"0 * * * *", A.W, args: %{table: "a"}}
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(%Job{args: %{"table" => "a"}}), do: Repo.query("DELETE FROM a")
  def perform(%Job{args: %{"table" => "b"}}), do: File.rm("b")
end
