import Config

if config_env() == :prod do
  config :demo_app, DemoApp.Repo,
    url: System.fetch_env!("DATABASE_URL"),
    pool_size: String.to_integer(System.get_env("POOL_SIZE", "10"))

  config :demo_app, DemoApp.CentralRepo,
    url: System.fetch_env!("CENTRAL_DATABASE_URL"),
    pool_size: 2

  config :demo_app, DemoApp.Embeddings, url: System.fetch_env!("EMBEDDINGS_URL")

  config :demo_app, DemoApp.Messaging, host: System.get_env("NATS_HOST", "localhost"), port: 4222
end
