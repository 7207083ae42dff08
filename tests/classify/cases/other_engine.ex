# verdict: app_logic
# reason: other-engine
defmodule A.W do
  use Oban.Worker, queue: :default

  alias A.Repo

  def perform(_job), do: A.Lite.query("DELETE FROM t")
end

defmodule A.Lite do
  use Ecto.Repo, otp_app: :a, adapter: Ecto.Adapters.SQLite3
end
