-- Who holds what session %(pid)s waits for. What others do (state) is hidden from ordinary roles; a prepared
-- transaction has no session and shows as 0.
SELECT
  blocker.pid,
  CASE blocker.pid
    WHEN 0 THEN 'a prepared transaction (pg_prepared_xacts)'
    ELSE pg_catalog.format(
      'pid %%s (%%s)', blocker.pid,
      pg_catalog.concat_ws(
        ', ', 'role ' || a.usename, nullif('application ' || a.application_name, 'application '), a.state,
        'its transaction began at ' || pg_catalog.to_char(a.xact_start, 'HH24:MI:SS TZ')
      )
    )
  END
FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(%(pid)s)) AS blocker (pid)
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = blocker.pid
ORDER BY blocker.pid
