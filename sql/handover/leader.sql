-- Whether a leader that was there at the tick %(tick)s is there still (oban_peers: one row per instance, renewed).
SELECT count(*)
FROM {relation}
WHERE (to_jsonb(expires_at) #>> '{{}}')::timestamp > statement_timestamp() AT TIME ZONE 'UTC'
  AND (to_jsonb(started_at) #>> '{{}}')::timestamp <= %(tick)s::timestamptz AT TIME ZONE 'UTC'
