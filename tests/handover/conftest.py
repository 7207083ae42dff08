"""A database with schema cronlift, and jobs behind its gate."""

import pytest

from cronlift.generate import managed
from cronlift.generate.quoting import text_of

QUEUE = """
CREATE TYPE oban_job_state AS ENUM
  ('available', 'scheduled', 'executing', 'retryable', 'completed', 'discarded', 'cancelled');
CREATE TABLE oban_jobs (
  id bigserial PRIMARY KEY,
  state oban_job_state NOT NULL DEFAULT 'available',
  queue text NOT NULL DEFAULT 'default',
  worker text NOT NULL,
  args jsonb NOT NULL DEFAULT '{}',
  errors jsonb[] NOT NULL DEFAULT ARRAY[]::jsonb[],
  attempt integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL DEFAULT 20,
  inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  meta jsonb DEFAULT '{}',
  cancelled_at timestamp
);
CREATE UNLOGGED TABLE oban_peers (
  name text PRIMARY KEY, node text NOT NULL, started_at timestamp NOT NULL, expires_at timestamp NOT NULL
);
CREATE TABLE seen (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE PROCEDURE work() LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$ BEGIN INSERT INTO seen DEFAULT VALUES; INSERT INTO seen DEFAULT VALUES; END $$;
CREATE PROCEDURE fail() LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$ BEGIN INSERT INTO seen DEFAULT VALUES; RAISE EXCEPTION 'no luck' USING ERRCODE = 'P0042'; END $$;
CREATE PROCEDURE commits() LANGUAGE plpgsql
AS $$ BEGIN INSERT INTO public.seen DEFAULT VALUES; COMMIT; INSERT INTO public.seen DEFAULT VALUES; END $$;
CREATE PROCEDURE commits_and_fails() LANGUAGE plpgsql
AS $$ BEGIN INSERT INTO public.seen DEFAULT VALUES; COMMIT; RAISE EXCEPTION 'half way'; END $$;
"""


@pytest.fixture
def gated(app_database):
    """The application's database with a queue, and schema cronlift, whose objects no other role may touch."""
    app_database.execute(QUEUE)
    with app_database.admin() as connection:
        for statement in managed.create_schema([app_database.role]):
            connection.execute(text_of(statement).encode())
    return app_database


@pytest.fixture
def gate(gated):
    """Puts a job behind the gate; by default pg_cron's since an hour ago, every minute, with procedure work."""

    def put(job="oban:Shop.Worker", **changes):
        values = {
            "job": job,
            "cron_name": f"cronlift/{gated.name}/{job}",
            "relation": "public.oban_jobs",
            "worker": "Shop.Worker",
            "args": "{}",
            "schedule": "* * * * *",
            "timezone": "GMT",
            "procedure": "public.work",
            "job_role": "app",
            "state": "started",
            "pg_from": "-infinity",
            "plan_hash": "abc",
        } | changes
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        with gated.admin() as connection:
            connection.execute(
                f"INSERT INTO cronlift.gate ({names}, system_identifier, database) "
                f"SELECT {marks}, (pg_control_system()).system_identifier, oid "
                "FROM pg_database WHERE datname = current_database()",
                list(values.values()),
            )
            connection.execute("CALL cronlift.weave()")
        return job

    return put


@pytest.fixture
def queue():
    """Oban's tables, and some procedures."""
    return QUEUE
