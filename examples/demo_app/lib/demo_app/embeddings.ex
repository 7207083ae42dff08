defmodule DemoApp.Embeddings do
  @moduledoc "Vectors for texts, from the model server."

  @doc "One list of floats per text, in the texts' order."
  def embed([]), do: {:ok, []}

  def embed(texts) do
    url = Application.fetch_env!(:demo_app, __MODULE__)[:url]

    case Req.post(url, json: %{inputs: texts}, receive_timeout: :timer.minutes(2)) do
      {:ok, %Req.Response{status: 200, body: vectors}} -> {:ok, vectors}
      {:ok, %Req.Response{status: status}} -> {:error, {:http_status, status}}
      {:error, reason} -> {:error, reason}
    end
  end
end
