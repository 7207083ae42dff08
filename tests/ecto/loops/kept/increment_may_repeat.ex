# reason: parameter-unknown
defmodule Clinic.Workers.IncrementMayRepeat do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from b in Bill, where: not is_nil(b.visit_id)) |> Enum.each(fn b -> Repo.update_all(from(v in Visit, where: v.id == ^b.visit_id), inc: [room: 1]) end)
    :ok
  end
end
