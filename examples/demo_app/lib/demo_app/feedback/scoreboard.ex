defmodule DemoApp.Feedback.Scoreboard do
  @moduledoc "The last scores, in memory: every node judges for itself."

  use Agent

  def start_link(_options), do: Agent.start_link(fn -> %{} end, name: __MODULE__)

  def replace(scores), do: Agent.update(__MODULE__, fn _old -> scores end)

  def all, do: Agent.get(__MODULE__, & &1)
end
