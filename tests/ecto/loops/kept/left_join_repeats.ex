# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.LeftJoinRepeats do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(from v in Visit, left_join: b in assoc(v, :bill), where: is_nil(b.id)) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end
