# verdict: needs_review
# reason: kernel-import
defmodule A.W do
  use Oban.Worker
  alias A.Repo
  import Kernel, except: [if: 2]
  import A.M
  @impl Oban.Worker
  def perform(%Oban.Job{args: args} = job) do
    if true do
      Repo.query!("DELETE FROM a")
    end
    :ok
  end

end
defmodule A.M do
  defmacro if(c, do: b), do: quote(do: A.H.post(fn -> unquote(b) end, unquote(c)))
end
