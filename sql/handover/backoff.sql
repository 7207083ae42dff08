-- How long after a failed attempt the next one is due. oban: Oban's default (oban lib/oban/worker.ex, backoff/1: the
-- attempt scaled to at most 20, 15 s + 2 to the power of it, up to a tenth more by chance); else seconds.
CREATE OR REPLACE FUNCTION cronlift.backoff(backoff text, attempt integer, max_attempts integer) RETURNS interval
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $backoff$
SELECT CASE backoff
  WHEN 'oban' THEN (
    SELECT make_interval(secs => pause + trunc(random() * 0.1 * pause))
    FROM (
      SELECT 15 + 2 ^ CASE
        WHEN max_attempts <= 20 THEN attempt ELSE round(attempt::numeric / max_attempts * 20)
      END::double precision
    ) AS exponential (pause)
  )
  ELSE make_interval(secs => backoff::double precision)
END
$backoff$;
