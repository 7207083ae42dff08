# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.RandomFew do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, order_by: fragment("random()"), limit: 3) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end
