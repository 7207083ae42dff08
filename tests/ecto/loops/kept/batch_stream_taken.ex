# reason: unknown-call
defmodule Clinic.Workers.BatchStreamTaken do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Bill

  @impl Oban.Worker
  def perform(_job) do
    Stream.repeatedly(fn -> Repo.delete_all(Bill) end) |> Enum.take(3)
    :ok
  end
end
