# reason: ecto-changeset
defmodule Clinic.Workers.KeyChanged do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Ops.Lock

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from l in Lock, where: l.count == 1)
    |> Enum.each(fn l -> Repo.update!(Ecto.Changeset.change(l, key: "x")) end)
    :ok
  end
end
