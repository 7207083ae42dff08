-- As silence, where pg_cron is not loaded: neither its functions nor the trigger on its table can be called.
SET session_replication_role = replica;
UPDATE cron.job SET active = false WHERE jobname = ANY ({names}::text[])
