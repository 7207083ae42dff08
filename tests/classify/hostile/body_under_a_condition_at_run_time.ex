# verdict: needs_review
# reason: module-not-understood
# config: if System.get_env("T"), do: config(:a, travel: true)
defmodule A.W do
  use Oban.Worker
  @travel Application.compile_env(:a, :travel)
  if @travel do
    def sweep, do: File.rm("x")
  else
    def sweep, do: A.Repo.query("DELETE FROM t")
  end

  def perform(_), do: sweep()
end
