# verdict: no_effect
# reason: no-effect
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  require Logger

  def perform(_job) do
    %{rows: [[n]]} = Repo.query!("SELECT count(*) FROM t")
    Logger.info("#{n} rows")
  end
end
