defmodule DemoApp.Git do
  @moduledoc false

  @doc "Runs git in a folder; what it printed, or its exit status and what it complained about."
  def run(folder, arguments) do
    case System.cmd("git", arguments, cd: folder, stderr_to_stdout: true) do
      {output, 0} -> {:ok, output}
      {output, status} -> {:error, {:git, status, output}}
    end
  end
end
