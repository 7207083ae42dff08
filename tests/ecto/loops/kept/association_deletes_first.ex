# reason: ecto-changeset
defmodule Clinic.Workers.AssociationDeletesFirst do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Ops.Lock

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Clinic.Hooks.Parent) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end

defmodule Clinic.Hooks.Parent do
  use Ecto.Schema

  schema "rollups" do
    field :what, :string
    has_many :locks, Clinic.Ops.Lock, on_delete: :delete_all
  end
end
