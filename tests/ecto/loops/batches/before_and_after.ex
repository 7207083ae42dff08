# until: fewer 1
defmodule Clinic.Workers.BeforeAndAfter do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.{Visit, Bill}

  @batch 7

  @impl Oban.Worker
  def perform(_job) do
    Repo.update_all(from(v in Visit, where: v.room == 1), set: [status: "void"])
    purge()
    Repo.delete_all(from b in Bill, where: b.state == :void)
    :ok
  end

  defp purge do
    {n, _} = Repo.delete_all(from v in Visit, where: v.id in subquery(from x in Visit, where: x.status == "void", limit: @batch, select: x.id))
    if n > 0, do: purge()
  end
end
