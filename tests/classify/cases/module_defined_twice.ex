# verdict: needs_review
# reason: unknown-call
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job), do: A.Cache.clean()
end

defmodule A.Cache do
  def clean, do: A.Repo.query("DELETE FROM t")
end

defmodule A.Cache do
  def clean, do: File.rm("t")
end
