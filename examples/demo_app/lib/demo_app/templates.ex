defmodule DemoApp.Templates do
  @moduledoc "Prompt templates: written in a git repository, used from the database."

  import Ecto.Query

  alias DemoApp.Embeddings
  alias DemoApp.Git
  alias DemoApp.Repo
  alias DemoApp.Templates.Template

  @doc "Pulls the repository and takes its templates over; gives their number."
  def sync do
    with {:ok, _} <- Git.run(folder(), ["pull", "--ff-only"]), do: load()
  end

  @doc "Takes over the templates on disk. One that is not valid stops the rest."
  def load do
    folder()
    |> Path.join("*.json")
    |> Path.wildcard()
    |> Enum.reduce_while({:ok, 0}, fn path, {:ok, count} ->
      with {:ok, template} <- Jason.decode(File.read!(path)),
           :ok <- validate(template) do
        store(template)
        {:cont, {:ok, count + 1}}
      else
        {:error, reason} -> {:halt, {:error, {Path.basename(path), reason}}}
      end
    end)
  end

  defp validate(%{"name" => name, "body" => body}) when name != "" and is_binary(body) do
    if body =~ ~r/\{\{\s*\w+\s*\}\}/, do: :ok, else: {:error, :no_placeholder}
  end

  defp validate(_template), do: {:error, :name_or_body_missing}

  # A changed body loses its vector; TemplateEmbedWorker computes the new one.
  defp store(%{"name" => name, "body" => body}) do
    Repo.insert!(%Template{name: name, body: body},
      on_conflict: {:replace, [:body, :embedding, :updated_at]},
      conflict_target: :name
    )
  end

  @doc "Computes the vectors that are missing; gives their number."
  def embed_missing do
    templates = Repo.all(from(t in Template, where: is_nil(t.embedding), order_by: t.id))

    with {:ok, vectors} <- Embeddings.embed(Enum.map(templates, & &1.body)) do
      Enum.zip_with(templates, vectors, fn template, vector ->
        template |> Ecto.Changeset.change(embedding: vector) |> Repo.update!()
      end)

      {:ok, length(templates)}
    end
  end

  defp folder, do: Path.join(Application.fetch_env!(:demo_app, :data_dir), "templates")
end
