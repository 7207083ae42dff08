# verdict: needs_review
defmodule A.W do
  use Oban.Worker

  def perform(_) do
    A.Repo.query(~S"""
    DELETE FROM t WHERE a = '\"""'
    """)
  end
end
