# verdict: needs_review
# reason: unknown-engine
defmodule A.W do
  use A.Worker
  alias A.Repo, as: Store
end
# file: lib/macro.ex
defmodule A.Worker do
  alias A.Other, as: Store

  defmacro __using__(_opts) do
    quote do
      use Oban.Worker
      def perform(_), do: Store.query("DELETE FROM t")
    end
  end
end
defmodule A.Other do
  use Ecto.Repo, otp_app: :a
end
