# reason: loop-not-one-statement
# reason: parameter-unknown
# reason: two-repositories
defmodule Clinic.Workers.AnotherRepository do
  use Oban.Worker

  import Ecto.Query
  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Clinic.Other.Repo.all(from v in Visit, where: v.room == 1) |> Enum.each(&Repo.delete!/1)
    :ok
  end
end

defmodule Clinic.Other.Repo do
  use Ecto.Repo, otp_app: :clinic, adapter: Ecto.Adapters.Postgres
end
