# verdict: pure_sql
# remark: calls-routine
# effect: UPDATE of public.counters
# A dump beside the migrations has what they do not.
defmodule A.W do
  use Oban.Worker
  alias A.Repo

  def perform(_job), do: Repo.query("SELECT public.count_up()")
end
# file: priv/repo/structure.sql
--
-- Name: count_up(); Type: FUNCTION; Schema: public; Owner: -
--
CREATE FUNCTION public.count_up() RETURNS void
    LANGUAGE sql
    AS $$ UPDATE public.counters SET n = n + 1 $$;
# file: priv/repo/migrations/1_a.exs
defmodule A.Repo.Migrations.A do
  use Ecto.Migration
  def change, do: execute("SELECT 1")
end
