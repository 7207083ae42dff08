defmodule DemoApp.Artifacts.CodeArtifact do
  @moduledoc "Something an agent produced."

  use Ecto.Schema

  schema "code_artifacts" do
    field :name, :string
    field :size_bytes, :integer
    field :kept_because, :string

    timestamps(type: :utc_datetime)
  end
end
