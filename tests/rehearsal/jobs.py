"""The three every-minute jobs of the handover's tests, and the append-only log that every run of them leaves a row in.

Both sides send the same statements. Who runs them stands in the connection's ``application_name``; the tick is what the
application's scheduler names or, where nobody names one, the minute in which the row was written.
"""

SCHEDULE = "* * * * *"
APPLICATION = "the application"  # its sessions' application_name

LEDGER = f"""
CREATE FUNCTION ledger_side() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE current_setting('application_name') WHEN '{APPLICATION}' THEN 'app' ELSE 'pg_cron' END $$;
CREATE FUNCTION ledger_tick() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(nullif(current_setting('ledger.tick', true), '')::timestamptz,
                  date_trunc('minute', clock_timestamp())) $$;
CREATE TABLE ledger (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  side text NOT NULL DEFAULT public.ledger_side(),
  tick timestamptz NOT NULL DEFAULT public.ledger_tick(),
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'the log only grows'; END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_only_grows();
CREATE TABLE beta_state (last timestamptz NOT NULL);
INSERT INTO beta_state VALUES ('-infinity');
"""

# One statement; two that are committed one by one; one that takes a while.
WORKERS = {
    "Shop.AlphaWorker": ["INSERT INTO ledger (job) VALUES ('alpha')"],
    "Shop.BetaWorker": [
        "INSERT INTO ledger (job) VALUES ('beta')",
        "UPDATE beta_state SET last = now() WHERE last < now()",
    ],
    "Shop.GammaWorker": ["INSERT INTO ledger (job) SELECT 'gamma' FROM pg_sleep(2)"],
}
JOBS = ("alpha", "beta", "gamma")

# A fourth entry of the application's crontab, which stays there.
STAYS = {"Shop.HeartbeatWorker": ["INSERT INTO ledger (job) VALUES ('heartbeat')"]}
