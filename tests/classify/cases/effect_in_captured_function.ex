# verdict: split
# reason: needs-app-file
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(job) do
    Repo.query!("DELETE FROM t")
    remove = if job.meta, do: &File.rm/1, else: &IO.puts/1
    Enum.each(job.tags, remove)
  end
end
