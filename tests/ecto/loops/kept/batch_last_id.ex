# reason: parameter-unknown
defmodule Clinic.Workers.BatchLastId do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    purge(0)
    :ok
  end

  defp purge(last) do
    {n, _} = Repo.delete_all(from v in Visit, where: v.id > ^last and v.id < ^(last + 5))
    if n > 0, do: purge(last + 5)
  end
end
