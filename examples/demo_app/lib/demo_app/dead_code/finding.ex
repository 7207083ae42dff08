defmodule DemoApp.DeadCode.Finding do
  @moduledoc false

  use Ecto.Schema

  schema "dead_code_findings" do
    field :found_on, :date
    field :file, :string
    field :function, :string

    timestamps(type: :utc_datetime, updated_at: false)
  end
end
