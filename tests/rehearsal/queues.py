"""Oban's queue table as its migrations make it: what inserts and the fence touch (indexes left out)."""

STATE = """
CREATE TYPE oban_job_state AS ENUM
  ('available', 'scheduled', 'executing', 'retryable', 'completed', 'discarded', 'cancelled');
"""
# Oban for Elixir, migration version 12.
ELIXIR = """
CREATE TABLE public.oban_jobs (
  id bigserial PRIMARY KEY, state oban_job_state NOT NULL DEFAULT 'available', queue text NOT NULL DEFAULT 'default',
  worker text NOT NULL, args jsonb NOT NULL DEFAULT '{}', errors jsonb[] NOT NULL DEFAULT ARRAY[]::jsonb[],
  attempt integer NOT NULL DEFAULT 0, max_attempts integer NOT NULL DEFAULT 20,
  inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  attempted_at timestamp, completed_at timestamp, attempted_by text[], discarded_at timestamp,
  priority integer NOT NULL DEFAULT 0, tags text[] DEFAULT ARRAY[]::text[], meta jsonb DEFAULT '{}',
  cancelled_at timestamp
);
"""
# Oban for Python, 0.7, in a schema of its own.
PYTHON = """
CREATE SCHEMA python;
CREATE TABLE python.oban_jobs (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, state oban_job_state NOT NULL DEFAULT 'available',
  queue text NOT NULL DEFAULT 'default', worker text NOT NULL, attempt smallint NOT NULL DEFAULT 0,
  max_attempts smallint NOT NULL DEFAULT 20, priority smallint NOT NULL DEFAULT 0, args jsonb NOT NULL DEFAULT '{}',
  meta jsonb NOT NULL DEFAULT '{}', tags text[] NOT NULL DEFAULT ARRAY[]::text[], errors jsonb NOT NULL DEFAULT '[]',
  attempted_by text[] NOT NULL DEFAULT ARRAY[]::text[],
  inserted_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  scheduled_at timestamp NOT NULL DEFAULT timezone('UTC', now()),
  attempted_at timestamp, cancelled_at timestamp, completed_at timestamp, discarded_at timestamp
);
"""
