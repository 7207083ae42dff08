# reason: custom-type
defmodule Clinic.Workers.CustomTypeInTheRow do
  use Oban.Worker

  alias Clinic.Repo

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Clinic.Types.Row) |> Enum.each(fn r -> Repo.update!(Ecto.Changeset.change(r, what: "x")) end)
    :ok
  end
end

defmodule Clinic.Types.Upper do
  use Ecto.Type
  def type, do: :string
  def cast(v), do: {:ok, v}
  def load(v), do: {:ok, v}
  def dump(v), do: {:ok, String.upcase(v)}
end

defmodule Clinic.Types.Row do
  use Ecto.Schema

  schema "rollups" do
    field :what, Clinic.Types.Upper
  end
end
