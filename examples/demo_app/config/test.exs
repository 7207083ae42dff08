import Config

config :demo_app, enqueue_at_boot: false

config :demo_app, DemoApp.Repo,
  database: "demo_app_test",
  hostname: "localhost",
  username: "demo_app",
  pool: Ecto.Adapters.SQL.Sandbox

config :demo_app, DemoApp.CentralRepo,
  database: "central_test",
  hostname: "localhost",
  username: "demo_app",
  pool: Ecto.Adapters.SQL.Sandbox

# No queues and no plugins in tests: jobs run when a test asks for it.
config :demo_app, Oban, testing: :manual

config :logger, level: :warning
