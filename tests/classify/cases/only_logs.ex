# verdict: no_effect
# reason: no-effect
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  require Logger
  def perform(_job), do: Logger.info("tick")
end
