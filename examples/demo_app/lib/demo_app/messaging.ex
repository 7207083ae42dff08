defmodule DemoApp.Messaging do
  @moduledoc "The connection to the message bus (NATS)."

  @connection :nats

  def child_spec(_options) do
    settings = %{
      name: @connection,
      backoff_period: 4_000,
      connection_settings: [Map.new(Application.fetch_env!(:demo_app, __MODULE__))]
    }

    %{id: __MODULE__, start: {Gnat.ConnectionSupervisor, :start_link, [settings]}}
  end

  @doc "Publishes a message as JSON."
  def publish(subject, message), do: Gnat.pub(@connection, subject, Jason.encode!(message))
end
