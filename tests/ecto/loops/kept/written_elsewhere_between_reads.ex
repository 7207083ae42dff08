# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.WrittenElsewhereBetweenReads do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @impl Oban.Worker
  def perform(_job) do
    ids = Repo.all(from v in Visit, where: v.room == 1, select: v.id)
    Repo.update_all(Visit, inc: [room: 1])
    Repo.delete_all(from b in Bill, where: b.visit_id in ^ids)
    :ok
  end
end
