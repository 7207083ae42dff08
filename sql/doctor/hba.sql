-- The rules of pg_hba.conf, in order (superusers only).
SELECT type, database, user_name, address, netmask, auth_method, options
FROM pg_catalog.pg_hba_file_rules
WHERE error IS NULL
ORDER BY line_number
