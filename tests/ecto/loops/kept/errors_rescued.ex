# reason: loop-not-one-statement
# reason: parameter-unknown
defmodule Clinic.Workers.ErrorsRescued do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> try do Repo.delete!(v) rescue _ -> :ok end end)
    :ok
  end
end
