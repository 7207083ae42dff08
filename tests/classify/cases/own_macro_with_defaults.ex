# verdict: pure_sql
# statement: DELETE FROM "t" AS t0 WHERE (t0."kind" = 'old')
# statement: DELETE FROM "t" AS t0 WHERE (t0."size" > 3)
# file: lib/kind.ex
defmodule A.Kind do
  alias A.Sizes, as: Limits

  defmacro __using__(opts) do
    kind = Keyword.fetch!(opts, :kind)
    opts = Keyword.merge([limits: Limits, field: :size], opts)

    quote do
      import Ecto.Query
      def of_kind, do: from(t in A.T, where: t.kind == unquote(kind))
      def large(field \\ unquote(opts[:field])), do: from(t in A.T, where: field(t, ^field) > ^unquote(opts[:limits]).most())
    end
  end
end
# file: lib/sizes.ex
defmodule A.Sizes do
  def most, do: 3
end
defmodule A.T do
  use Ecto.Schema
  schema "t" do
    field :kind, :string
    field :size, :integer
  end
end
# file: lib/worker.ex
defmodule A.Limits do
  def most, do: File.read!("x")
end
defmodule A.W do
  use Oban.Worker
  use A.Kind, kind: "old"
  alias A.Limits

  def perform(_) do
    A.Repo.delete_all(of_kind())
    A.Repo.delete_all(large())
    Limits
    :ok
  end
end
