# reason: conditional-sql
defmodule Clinic.Workers.SecondWriteAfterAFixedStruct do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Ops.Lock

  @impl Oban.Worker
  def perform(_job) do
    Repo.update!(Ecto.Changeset.change(%Lock{key: "k3"}, owner: "me"))
    Repo.delete!(%Lock{key: "k4"})
    :ok
  end
end
