# verdict: needs_review
# reason: sql-unknown
# config: config :a, table: System.get_env("T")
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job) do
    table = Application.get_env(:a, :table)
    Repo.query!("DELETE FROM #{table}")
  end
end
