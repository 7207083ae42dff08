defmodule DemoApp.Catalog do
  @moduledoc "What we know of public packages. The registry tool, a program of its own, talks to the registries."

  alias DemoApp.Catalog.Package
  alias DemoApp.Repo

  @ecosystems ~w(hex npm pypi cargo)
  @updated [:description, :github_stars, :download_count, :tags, :updated_at]

  @doc "Takes over what the registry tool reports for every ecosystem; gives the number of packages."
  def sync_registries do
    Enum.reduce_while(@ecosystems, {:ok, 0}, fn ecosystem, {:ok, total} ->
      case export(ecosystem) do
        {:ok, packages} -> {:cont, {:ok, total + store(ecosystem, packages)}}
        {:error, reason} -> {:halt, {:error, {ecosystem, reason}}}
      end
    end)
  end

  defp export(ecosystem) do
    case System.cmd("registry-tool", ["export", "--ecosystem", ecosystem, "--format", "json"]) do
      {output, 0} -> Jason.decode(output)
      {_output, status} -> {:error, {:exit_status, status}}
    end
  end

  defp store(ecosystem, packages) do
    now = DateTime.utc_now() |> DateTime.truncate(:second)

    rows =
      for package <- packages do
        %{
          ecosystem: ecosystem,
          package_name: package["name"],
          version: package["version"],
          description: package["description"],
          github_stars: package["stars"] || 0,
          download_count: package["downloads"] || 0,
          tags: package["keywords"] || [],
          inserted_at: now,
          updated_at: now
        }
      end

    rows
    |> Enum.chunk_every(500)
    |> Enum.map(fn chunk ->
      {count, _} =
        Repo.insert_all(Package, chunk,
          on_conflict: {:replace, @updated},
          conflict_target: [:ecosystem, :package_name, :version]
        )

      count
    end)
    |> Enum.sum()
  end
end
