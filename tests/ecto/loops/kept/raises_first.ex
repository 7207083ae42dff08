# reason: fails-after-sql
defmodule Clinic.Workers.RaisesFirst do
  use Oban.Worker

  alias Clinic.Repo
  alias Clinic.Care.Visit

  @impl Oban.Worker
  def perform(_job) do
    Repo.all(Visit) |> Enum.each(fn v -> raise "no"; Repo.delete!(v) end)
    :ok
  end
end
