defmodule DemoApp.CentralRepo do
  @moduledoc "The database all installations share. It is another server: nothing here can reach it from SQL."

  use Ecto.Repo,
    otp_app: :demo_app,
    adapter: Ecto.Adapters.Postgres
end
