import Config

config :demo_app,
  data_dir: "/var/lib/demo_app",
  source_dir: "/srv/demo_app/lib"

config :logger, level: :info
