import Config

config :demo_app, DemoApp.Repo,
  database: "demo_app_dev",
  hostname: "localhost",
  username: "demo_app",
  pool_size: 5

config :demo_app, DemoApp.CentralRepo,
  database: "central_dev",
  hostname: "localhost",
  username: "demo_app",
  pool_size: 2
