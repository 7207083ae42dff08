defmodule DemoApp.Artifacts do
  @moduledoc "What agents produced."

  import Ecto.Query

  alias DemoApp.Artifacts.CodeArtifact
  alias DemoApp.Repo

  @doc "Deletes what nobody touched for ninety days and nobody wants kept."
  def delete_old do
    {count, _} =
      from(a in CodeArtifact, where: a.updated_at < ago(90, "day") and is_nil(a.kept_because))
      |> Repo.delete_all()

    {:ok, count}
  end
end
