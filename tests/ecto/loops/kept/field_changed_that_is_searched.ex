# reason: parameter-unknown
defmodule Clinic.Workers.FieldChangedThatIsSearched do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> Repo.update_all(from(x in Visit, where: x.room == ^v.id), set: [room: ^v.id]) end)
    :ok
  end
end
