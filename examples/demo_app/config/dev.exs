import Config

config :demo_app, DemoApp.Repo,
  database: "demo_app_dev",
  hostname: "localhost",
  username: "demo_app",
  pool_size: 5
