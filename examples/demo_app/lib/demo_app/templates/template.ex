defmodule DemoApp.Templates.Template do
  @moduledoc false

  use Ecto.Schema

  schema "prompt_templates" do
    field :name, :string
    field :body, :string
    field :embedding, {:array, :float}

    timestamps(type: :utc_datetime)
  end
end
